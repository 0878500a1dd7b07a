import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Random } from './random.js';

/** A body as bytes, with the headers under which it is sent. */
export interface HostileBody {
  name: string;
  bytes: Buffer;
  headers?: Record<string, string>;
}

const json = (name: string, text: string): HostileBody => ({ name, bytes: Buffer.from(text) });
const EVENT = '{"type":"track","event":"Viewed","userId":"fuzz","properties":{"n":1}}';
const deep = (levels: number, open: string, close: string): string => open.repeat(levels) + close.repeat(levels);
const withValue = (value: string): string =>
  `{"type":"track","event":"Viewed","userId":"fuzz","properties":{"x":${value}}}`;
const encoded = (name: string, encoding: string, bytes: Buffer): HostileBody => ({
  name,
  bytes,
  headers: { 'content-encoding': encoding },
});

/** Bodies that have brought down parsers, inflaters and stores. Made once: the large ones take their time. */
export function hostileBodies(): HostileBody[] {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const gzipped = gzipSync(EVENT);
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`key${at}`, at]));
  return [
    json('10,000 arrays deep', withValue(deep(10_000, '[', ']'))),
    json('10,000 objects deep', withValue(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)),
    json('100,000 arrays never closed', '['.repeat(100_000)),
    json('more closed than opened', `${']'.repeat(70)}${'['.repeat(70)}`),
    json('63 levels deep', withValue(deep(60, '[', ']'))),
    { name: 'larger than a request may be', bytes: Buffer.alloc(5 * 1024 * 1024, 0x20) },
    json('an event larger than it may be', withValue(`"${'x'.repeat(40_000)}"`)),
    json('__proto__', withValue('{"__proto__":{"admin":true}}')),
    json('__proto__ at the top', `{"__proto__":{"userId":"x"},"event":"Viewed","userId":"fuzz"}`),
    json('__proto__ escaped', withValue('{"__pr\\u006fto__":{"admin":true}}')),
    json('constructor', withValue('{"constructor":{"prototype":{"admin":true}}}')),
    json('names of methods', `{"userId":"fuzz","traits":{"toString":1,"valueOf":{},"hasOwnProperty":null,"then":"x"}}`),
    json('NUL in a value', withValue('"a\\u0000b"')),
    json('NUL in a key', withValue('{"a\\u0000b":1}')),
    json('NUL as a byte', withValue('"a\0b"')),
    json('NUL as an identifier', '{"type":"track","event":"Viewed","userId":"\\u0000"}'),
    json('lone surrogate', withValue('"\\ud800"')),
    json('lone surrogate in a key', withValue('{"\\udc00":1}')),
    json('lone surrogate as an identifier', '{"type":"track","event":"\\udfff","userId":"\\ud800"}'),
    json('1e400', withValue('1e400')),
    json('-1e400', withValue('-1e400')),
    json('-0', withValue('-0')),
    json('a number of 5,000 digits', withValue('9'.repeat(5_000))),
    json('duplicate keys', '{"userId":"a","userId":"fuzz","event":"Viewed","event":"Bought"}'),
    json('byte order mark', `\ufeff${EVENT}`),
    { name: 'UTF-16', bytes: Buffer.from(EVENT, 'utf16le') },
    {
      name: 'not UTF-8',
      bytes: Buffer.concat([Buffer.from('{"userId":"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}')]),
    },
    json('NaN', withValue('NaN')),
    json('empty', ''),
    json('spaces', ' \n\t '),
    json('null', 'null'),
    json('a number', '42'),
    json('a text', '"text"'),
    json('an array', `[${EVENT}]`),
    json('an empty array', '[]'),
    json('an empty object', '{}'),
    json('10,000 keys', `{"userId":"fuzz","event":"Viewed","properties":${JSON.stringify(wide)}}`),
    json('10,000 traits', `{"userId":"fuzz","traits":${JSON.stringify(wide)}}`),
    json('a batch of too many', `{"batch":[${Array(2_600).fill('{"type":"track"}').join(',')}]}`),
    json('a batch of everything but events', '{"batch":[null,1,"x",[],{},{"type":null},{"type":"nothing"},[[]]]}'),
    json('a batch in a batch', `{"batch":[{"batch":[${EVENT}]}]}`),
    json('batch is an object', '{"batch":{"length":5}}'),
    json('events is a text', '{"events":"all"}'),
    json('an identifier of 100,000 characters', `{"userId":"${'u'.repeat(100_000)}","event":"Viewed"}`),
    json('an identifier that is an object', '{"userId":{"$gt":""},"event":"Viewed"}'),
    json('a time that is none', '{"userId":"fuzz","event":"Viewed","timestamp":"99999-99-99"}'),
    json('a time at the end of time', '{"userId":"fuzz","event":"Viewed","timestamp":"+275760-09-13T00:00:00Z"}'),
    json('a time as a number', '{"userId":"fuzz","event":"Viewed","timestamp":1e308,"sentAt":-1e308}'),
    json('context that is none', '{"userId":"fuzz","event":"Viewed","context":[[[]]],"integrations":7}'),
    json(
      'external ids that are none',
      '{"userId":"fuzz","event":"V","context":{"externalIds":[null,1,{"id":null,"type":{}}]}}',
    ),
    encoded('gzip', 'gzip', gzipped),
    encoded('gzip cut off', 'gzip', gzipped.subarray(0, gzipped.length - 9)),
    encoded('gzip with something behind it', 'gzip', Buffer.concat([gzipped, Buffer.from('more')])),
    encoded('gzip bomb', 'gzip', gzipSync(zeros)),
    encoded('gzip bomb in gzip', 'gzip', gzipSync(gzipSync(zeros))),
    encoded('gzip twice', 'gzip, gzip', gzipSync(gzipped)),
    encoded('deflate', 'deflate', deflateSync(EVENT)),
    encoded('deflate of garbage', 'deflate', Buffer.from('no deflate at all')),
    encoded('deflate bomb', 'deflate', deflateSync(zeros)),
    encoded('brotli', 'br', brotliCompressSync(EVENT)),
    encoded('brotli of garbage', 'br', Buffer.from('no brotli at all')),
    encoded('brotli bomb', 'br', brotliCompressSync(zeros.subarray(0, 32 * 1024 * 1024))),
    encoded('plain called gzip', 'gzip', Buffer.from(EVENT)),
    encoded('gzip called identity', 'identity', gzipped),
    encoded('an unknown encoding', 'zstd2', Buffer.from(EVENT)),
    encoded('an encoding named after a method', 'constructor', Buffer.from(EVENT)),
    encoded('nothing as gzip', 'gzip', Buffer.alloc(0)),
    encoded('a hundred encodings', Array(100).fill('gzip').join(', '), gzipped),
  ];
}

/** The bytes with some of them changed, left out or cut off. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return Buffer.from([random.int(256)]);
  const copy = Buffer.from(bytes);
  const at = random.int(copy.length);
  if (random.chance(0.3)) return copy.subarray(0, at);
  if (random.chance(0.3)) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1)]);
  for (let times = 1 + random.int(4); times > 0; times--) copy[random.int(copy.length)] = random.int(256);
  return copy;
}

/** One more value in the first object of the JSON, nested deeper than programs can walk. */
export function deepened(random: Random, bytes: Buffer): Buffer {
  const levels = random.pick([40, 70, 5_000, 100_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  const deepValue = `${open.repeat(levels)}${open === '[' ? '' : '1'}${close.repeat(levels)}`;
  return Buffer.from(bytes.toString('utf8').replace(/\{(?=")/, () => `{"deep":${deepValue},`));
}
