import type { Welcome } from '../wiring/first-start.js';

/** What a start prints for people: where it is, how to get in, and a line that works when pasted. */
export function welcomeText(url: string, { admin, demo }: Welcome): string {
  const lines = [
    '',
    `  The platform is running at ${url}`,
    '',
    `  console      ${url}/admin/`,
    `  API          ${url}/docs`,
    `  admin login  ${admin.email}  ${admin.password ?? '(the password was printed at the first start)'}`,
  ];
  if (demo) {
    const body = JSON.stringify({ userId: 'ada', event: 'Product Viewed', properties: { name: 'Lamp', price: 42 } });
    lines.push(
      '',
      `  demo tenant  ${demo.tenantId}`,
      `  demo login   ${demo.owner.email}  ${demo.owner.password}`,
      `  server key   ${demo.server.appKey}:${demo.server.secretKey}`,
      `  public key   ${demo.public.appKey}`,
      '',
      '  Send an event:',
      '',
      `  curl -u ${demo.server.appKey}:${demo.server.secretKey} ${url}/v1/track -d '${body}'`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}
