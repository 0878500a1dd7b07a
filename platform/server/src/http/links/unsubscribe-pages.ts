import type { UnsubscribePage } from '@cdp/core/tracking';
import { escapeHtml } from '../pages/escape-html.js';

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/admin/page.css">
</head>
<body><main><h1>${escapeHtml(title)}</h1>${body}</main></body>
</html>
`;

/** Shows what the link would do and asks: programs that follow every link must not unsubscribe anyone. */
export function unsubscribePage({ channel, topic, unsubscribed }: UnsubscribePage): string {
  const what = topic === '' ? `messages by ${channel}` : `messages about “${topic}” by ${channel}`;
  const state = unsubscribed ? `<p>You get no more ${escapeHtml(what)}.</p>` : '';
  const stopThese = unsubscribed
    ? ''
    : `<form method="post"><button type="submit" name="all" value="0">No more ${escapeHtml(what)}</button></form>`;
  const stopAll =
    topic === ''
      ? ''
      : `<form method="post"><button type="submit" name="all" value="1">No more messages by ${escapeHtml(channel)} at all</button></form>`;
  return page('Unsubscribe', `${state}${stopThese}${stopAll}`);
}

export const donePage = (): string => page('Unsubscribed', '<p>It is noted. You can close this page.</p>');

export const gonePage = (): string => page('Not found', '<p>This link is not complete, or not one of ours.</p>');
