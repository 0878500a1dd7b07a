export { CALL_TYPES, type Call, type CallType, type RawMessage } from './raw-message.js';
