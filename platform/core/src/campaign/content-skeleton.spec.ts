import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ContentSkeleton } from './content-skeleton.js';

describe('ContentSkeleton', () => {
  const skeleton = ContentSkeleton.of({
    html: ['<p style="color:red">Dear ', ', welcome to the shop', '</p><hr><p>Yours, the shop</p>'],
    text: ['Dear reader of this text, '],
  });

  it('keeps only what is a message’s own', () => {
    const body = {
      content: {
        subject: 'Hi',
        html: '<p style="color:red">Dear Ann, welcome to the shop, at last</p><hr><p>Yours, the shop</p>',
      },
      links: { unsubscribe: 'https://x/t/u/1' },
    };
    const packed = skeleton.pack(body);
    expect(packed).toContain('Ann');
    expect(packed).not.toContain('welcome');
    expect(ContentSkeleton.parse(skeleton.toString()).unpack(packed)).toEqual(body);
  });

  it('gives back whatever it was given', () => {
    const piece = fc.constantFrom(
      '<p style="color:red">Dear',
      ', welcome to the shop',
      '\x7f',
      '\x7f0\x7f',
      'Ann',
      '\ue000',
      '"',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.record({ html: text, text, subject: text }), fc.array(text, { maxLength: 5 }), (content, html) => {
        const some = ContentSkeleton.of({ html: [...html, ', welcome to the shop'] });
        expect(some.unpack(some.pack({ content, links: {} }))).toEqual({ content, links: {} });
      }),
    );
  });
});
