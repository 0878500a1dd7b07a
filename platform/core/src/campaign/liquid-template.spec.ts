import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Liquid } from 'liquidjs';
import { DEFAULT_RENDER_LIMITS, LiquidEngine, TemplateError } from './liquid-template.js';
import { straighten } from './straight-template.js';

const engine = new LiquidEngine();
const render = (source: string, scope: object, output: 'text' | 'html' = 'text') =>
  engine.compile(source, output).render(scope);

describe('a Liquid template', () => {
  it('escapes values in HTML and leaves them in text', () => {
    const scope = { name: `<b>"O'Hara" & Co</b>` };
    expect(render('{{ name }}', scope, 'html')).toBe('&lt;b&gt;&#34;O&#39;Hara&#34; &amp; Co&lt;/b&gt;');
    expect(render('{{ name }}', scope)).toBe(scope.name);
    expect(render('{{ name | raw }}', scope, 'html')).toBe(scope.name);
    expect(render('{% if name %}{{ name }}{% endif %}', scope, 'html')).toContain('&lt;b&gt;');
  });

  it.each([
    '{{ profile.constructor }}',
    '{{ profile.__proto__.x }}',
    '{{ profile.traits.toString }}',
    '{% assign p = profile.constructor %}{{ p.name }}',
    '{{ constructor }}',
    '{{ list.constructor.name }}',
  ])('sees nothing behind the values: %s', (source) => {
    expect(render(source, { profile: { traits: {} }, list: [1] })).toBe('');
  });

  it.each([
    "{% include '/etc/passwd' %}",
    "{% render '../../package.json' %}",
    "{% layout 'x' %}{% block a %}{% endblock %}",
  ])('reads no file: %s', (source) => {
    expect(() => render(source, {})).toThrow(TemplateError);
  });

  it('ends what would not end', () => {
    const limited = new LiquidEngine({ ...DEFAULT_RENDER_LIMITS, timeMs: 50, memory: 10_000, output: 1_000 });
    const run = (source: string, scope = {}) => limited.compile(source, 'text').render(scope);
    expect(() => run('{% for i in (1..100000000) %}x{% endfor %}')).toThrow(/memory/);
    expect(() =>
      run('{% for a in (1..9000) %}{% for b in (1..900) %}{% for c in (1..90) %}{% endfor %}{% endfor %}{% endfor %}'),
    ).toThrow(TemplateError);
    expect(() => run('{% for i in (1..200) %}0123456789{% endfor %}')).toThrow(/longer than 1000/);
    expect(() => run('{{ text }}', { text: 'x'.repeat(1_001) })).toThrow(/longer than 1000/);
    expect(() => limited.compile('x'.repeat(1_000_001), 'text')).toThrow(TemplateError);
  });

  it('says where a mistake is', () => {
    expect(() => engine.compile('a\n{{ b', 'text')).toThrow(/line:2/);
    expect(() => engine.compile('{% if %}', 'text')).toThrow(TemplateError);
    expect(() => engine.compile('{{ a | nosuchfilter }}', 'text')).toThrow(/nosuchfilter/);
  });

  it('names each variable that is asked in vain, once, with its place', () => {
    const template = engine.compile(
      '{{ profile.traits.a }} {{ profile.traits.b }}\n{{ profile.traits.a }} {{ nosuch.thing }}' +
        '{% if profile.traits.c %}{% endif %}{{ profile.traits.d | default: "x" }}{% for i in profile.e %}{% endfor %}',
      'text',
    );
    expect(template.undefinedIn({ profile: { traits: { b: 1 } } })).toEqual([
      { name: 'profile.traits.a', line: 1, column: 4 },
      { name: 'nosuch', line: 2, column: 27 },
      { name: 'profile.e', line: 2, column: expect.any(Number) },
    ]);
  });

  it('gives the same by hand as by the interpreter', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null))),
      fc.record({ b: fc.string() }, { noNullPrototype: true }),
    );
    const output = fc.constantFrom(
      '{{ a }}',
      '{{ a.b }}',
      '{{ a.b.c }}',
      '{{ a | default: "<none>" }}',
      "{{ a.b | default: 'x' }}",
      '{{ a | raw }}',
      '{{- a -}}',
      '{{ constructor }}',
      '{{ a.length }}',
    );
    const source = fc.array(fc.oneof(output, fc.constantFrom('text ', '<p>', '\n', '&')), { maxLength: 6 });
    fc.assert(
      fc.property(source, value, fc.boolean(), (parts, a, escapes) => {
        const liquid = new Liquid({ templates: {}, ownPropertyOnly: true, ...(escapes && { outputEscape: 'escape' }) });
        const parsed = liquid.parse(parts.join(''));
        const straight = straighten(parsed, escapes);
        expect(straight).toBeDefined();
        expect(straight?.({ a })).toBe(liquid.renderSync(parsed, { a }));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves to the interpreter what only that can do', () => {
    const liquid = new Liquid();
    for (const source of ['{% if a %}x{% endif %}', '{{ a | upcase }}', '{{ a[b] }}', '{{ a.size }}', '{{ "x" }}'])
      expect(straighten(liquid.parse(source), false)).toBeUndefined();
  });
});
