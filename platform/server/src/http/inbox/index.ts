export { addInbox, INBOX_PATH, type InboxApi, inboxQuerySchema, MARK_PATHS, STREAM_PATH } from './inbox-api.js';
export { inboxMessageSchema, inboxPageSchema } from './inbox-view.js';
