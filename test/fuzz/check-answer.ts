export interface FuzzAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

const CODES = new Set([
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'too_large',
  'over_quota',
  'unavailable',
]);

/** What is wrong with an answer, whatever was asked; undefined when nothing is. */
export function faultOf(method: string, { status, headers, body }: FuzzAnswer): string | undefined {
  const type = String(headers['content-type'] ?? '');
  if (/\n\s+at .+:\d+:\d+/.test(body)) return 'it shows a stack trace';
  if (status >= 500 && (status !== 503 || headers['retry-after'] === undefined)) return `it is ${status}`;
  if (status < 400) return type.includes('json') && method !== 'HEAD' ? faultOfJson(body, type) : undefined;
  // Links in mails are for people: their errors are pages.
  if (method === 'HEAD' || type.startsWith('text/html')) return undefined;
  if (!type.startsWith('application/problem+json')) return `it is ${status} as ${type || 'nothing'}, not a problem`;
  const notJson = faultOfJson(body, type);
  if (notJson !== undefined) return notJson;
  const problem = JSON.parse(body) as { status?: unknown; code?: unknown; detail?: unknown };
  if (problem.status !== status) return `its body says ${String(problem.status)}`;
  if (typeof problem.code !== 'string' || !CODES.has(problem.code)) return `its code is ${String(problem.code)}`;
  return typeof problem.detail === 'string' ? undefined : 'it has no detail';
}

function faultOfJson(body: string, type: string): string | undefined {
  if (body === '' || type.includes('ndjson')) return undefined;
  try {
    JSON.parse(body);
    return undefined;
  } catch {
    return 'it is called JSON and is none';
  }
}
