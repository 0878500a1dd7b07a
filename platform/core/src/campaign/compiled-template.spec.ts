import { contentFields, templated } from '@cdp/plugin-kit';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { CompiledTemplate } from './compiled-template.js';
import { LiquidEngine } from './liquid-template.js';
import type { LinkTracker } from './rewrite-links.js';

const FIELDS = contentFields(
  z.strictObject({
    subject: templated(z.string(), { syntax: 'liquid-text' }),
    html: templated(z.string().optional(), { syntax: 'liquid-html', track: ['links', 'opens'] }),
    mjml: templated(z.string().optional(), { syntax: 'mjml', into: 'html', track: ['links', 'opens'] }),
    text: templated(z.string().optional(), { syntax: 'liquid-text', plainTextOf: 'html', track: ['links'] }),
    body: templated(z.json().optional(), { syntax: 'liquid-text' }),
    priority: z.number().optional(),
  }),
);
const SCOPE = {
  profile: {
    traits: {
      name: '<Ann>',
      url: 'https://shop.example/?a=1&b=2',
      evil: 'javascript:alert(1)',
      items: [{ n: 'A' }, { n: 'B' }],
    },
  },
  links: { unsubscribe: 'https://cdp.example/t/u/token' },
};
const tracker = (): LinkTracker & { urls: string[] } => {
  const urls: string[] = [];
  return {
    urls,
    click: (url) => `https://cdp.example/t/c/${urls.push(url)}?x&y`,
    open: () => 'https://cdp.example/t/o/1',
    isOwn: (url) => url.startsWith('https://cdp.example/t/'),
  };
};
const compile = (content: Parameters<typeof CompiledTemplate.compile>[2]) =>
  CompiledTemplate.compile(new LiquidEngine(), FIELDS, content);

describe('a compiled template', () => {
  it('renders each field as its syntax says, trees to their leaves, and leaves the others', async () => {
    const template = await compile({
      subject: 'Hi {{ profile.traits.name }}',
      body: { to: '{{ profile.traits.name }}', list: ['{{ nothing }}', 5, null], ok: true },
      priority: 3,
    });
    expect(template.render(SCOPE)).toEqual({
      subject: 'Hi <Ann>',
      body: { to: '<Ann>', list: ['', 5, null], ok: true },
      priority: 3,
    });
  });

  it('knows when it cannot look at a part of an object, and never thinks so wrongly', async () => {
    const reads = async (source: string) => (await compile({ subject: source })).mayRead('profile', 'aggregates');
    for (const source of [
      '{{ profile.aggregates.spent }}',
      '{{ profile["aggregates"].spent }}',
      '{{ profile | json }}',
      '{% assign who = profile %}{{ who.aggregates.spent }}',
      '{{ profile[campaign.name] }}',
      '{% for part in profile %}{{ part }}{% endfor %}',
      '{% if profile.aggregates.spent > 5 %}a lot{% endif %}',
      '{{ profile.traits.name | default: profile.aggregates.spent }}',
      '{% liquid\n echo profile.aggregates.spent %}',
    ])
      expect([source, await reads(source)]).toEqual([source, true]);
    for (const source of [
      'Hello',
      '{{ profile.traits.aggregates }}',
      '{{ campaign.aggregates }}',
      '{% raw %}{{ profile.aggregates.spent }}{% endraw %}',
      '{% for profile in event.people %}{{ profile.aggregates }}{% endfor %}',
    ])
      expect([source, await reads(source)]).toEqual([source, false]);
    expect(
      (await compile({ subject: 's', body: { deep: ['{{ profile.aggregates.a }}'] } })).mayRead(
        'profile',
        'aggregates',
      ),
    ).toBe(true);
  });

  it('leads the http links of HTML and text through the tracker, once decoded, and no others', async () => {
    const template = await compile({
      subject: 's',
      html:
        '<body><a class=x href="https://a.example/?q=1&amp;r=2">A</a><a href=\'{{ profile.traits.url }}\'>B</a>' +
        '<a href="mailto:x@y.z">C</a><a href="{{ profile.traits.evil }}">D</a><a href="{{ links.unsubscribe }}">E</a>' +
        '<img src="https://img.example/x.png"></body>',
      text: 'See https://t.example/a?b=c. And (https://t.example/d)! {{ links.unsubscribe }}',
    });
    const track = tracker();
    const { html, text } = template.render(SCOPE, track) as { html: string; text: string };
    expect(track.urls).toEqual([
      'https://a.example/?q=1&r=2',
      'https://shop.example/?a=1&b=2',
      'https://t.example/a?b=c',
      'https://t.example/d',
    ]);
    expect(html).toContain('<a class=x href="https://cdp.example/t/c/1?x&amp;y">A');
    expect(html).toContain('href="mailto:x@y.z"');
    expect(html).toContain('<a href="#">D');
    expect(html).toContain('<a href="https://cdp.example/t/u/token">E');
    expect(html).toContain('src="https://img.example/x.png"');
    expect(html.match(/t\/o\/1/g)).toHaveLength(1);
    expect(html).toMatch(/width="1"[^>]*><\/body>$/);
    expect(text).toBe(
      'See https://cdp.example/t/c/3?x&y. And (https://cdp.example/t/c/4?x&y)! https://cdp.example/t/u/token',
    );
    expect((template.render(SCOPE) as { html: string }).html).toContain('<a href="#">D');
  });

  it('makes an address fit for a redirect, and leaves alone what is none', async () => {
    const template = await compile({
      subject: 's',
      html: '<a href="https://shop.example/für dich?q=ü\r\nX: y">A</a><a href="https://">B</a>',
      text: 'https://käse.example/ä',
    });
    const track = tracker();
    const { html } = template.render(SCOPE, track) as { html: string };
    expect(track.urls).toEqual([
      'https://shop.example/f%C3%BCr%20dich?q=%C3%BCX:%20y',
      'https://xn--kse-qla.example/%C3%A4',
    ]);
    expect(html).toContain('<a href="https://">B');
  });

  it('makes the text part of the HTML, unescaped, with its links', async () => {
    const template = await compile({
      subject: 's',
      html: '<style>p{color:red}</style><h1>Hello</h1><p>Dear {{ profile.traits.name }},</p><ul>{% for i in profile.traits.items %}<li>{{ i.n }}</li>{% endfor %}</ul><p><a href="{{ profile.traits.url }}">Shop</a></p>',
    });
    const { text } = template.render(SCOPE) as { text: string };
    expect(text).toMatch(/^Hello\n\nDear <Ann>,/);
    expect(text).toContain('Shop (https://shop.example/?a=1&b=2)');
    expect(text).toMatch(/A[\s\S]*B/);
    expect(text).not.toContain('color');
  });

  it('compiles MJML once with the Liquid in it, also between its elements and where it looks like markup', async () => {
    const template = await compile({
      subject: 's',
      mjml: `<mjml><mj-head><mj-attributes><mj-all font-family="Arial" /></mj-attributes></mj-head><mj-body>
        {% for item in profile.traits.items %}
        <mj-section><mj-column>
          {% if 1 < 2 %}<mj-text color="{{ profile.traits.color | default: 'red' }}">Item {{ item.n }} {{ profile.traits.name }}</mj-text>{% endif %}
          <mj-button href="https://shop.example/{{ item.n }}">Go</mj-button>
        </mj-column></mj-section>
        {% endfor %}
      </mj-body></mjml>`,
    });
    const track = tracker();
    const { html, text, mjml } = template.render(SCOPE, track) as { html: string; text: string; mjml?: string };
    expect(mjml).toBeUndefined();
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain('Item A &lt;Ann&gt;');
    expect(html).toContain('Item B &lt;Ann&gt;');
    expect(html).toContain('color:red');
    expect(html).not.toMatch(/\{\{|\{%|[\u{f0000}\u{f0001}]/u);
    expect(track.urls.slice(0, 2)).toEqual(['https://shop.example/A', 'https://shop.example/B']);
    expect(text).toContain('Item A <Ann>');
  });

  it('names field and mistake', async () => {
    const path = (at: string) => ({ code: 'invalid', errors: [expect.objectContaining({ path: at })] });
    await expect(compile({ subject: '{{ a', html: 'x' })).rejects.toMatchObject(path('content.subject'));
    await expect(
      compile({ subject: 's', mjml: '<mjml><mj-body><mj-nosuch /></mj-body></mjml>' }),
    ).rejects.toMatchObject(path('content.mjml'));
    await expect(
      compile({ subject: 's', mjml: '<mjml><mj-body><mj-include path="/etc/passwd" /></mj-body></mjml>' }),
    ).rejects.toMatchObject(path('content.mjml'));
  });

  it('tells what has no value, by field', async () => {
    const template = await compile({ subject: '{{ profile.traits.nick }}', html: '<p>{{ event.total }}</p>' });
    expect(template.undefinedIn({ ...SCOPE, event: {} })).toEqual([
      { field: 'subject', name: 'profile.traits.nick', line: 1, column: 4 },
      { field: 'html', name: 'event.total', line: 1, column: 7 },
      { field: 'text', name: 'event.total' },
    ]);
  });
});
