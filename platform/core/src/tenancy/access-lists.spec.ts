import { describe, expect, it } from '@jest/globals';
import { AddressList } from './address-list.js';
import { ipRangeSchema, originSchema } from './app.js';
import { OriginList } from './origin-list.js';

describe('AddressList', () => {
  it('contains everything when it is empty', () => {
    expect(new AddressList([]).contains(undefined)).toBe(true);
  });

  it.each([
    [['203.0.113.7'], '203.0.113.7', true],
    [['203.0.113.7'], '203.0.113.8', false],
    [['10.0.0.0/8'], '10.255.1.2', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
    [['2001:db8::/32'], '2001:db8:1::5', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::1', '127.0.0.1'], '127.0.0.1', true],
    [['10.0.0.0/8'], 'not an address', false],
    [['10.0.0.0/8'], undefined, false],
  ])('%j contains %s: %s', (list, address, expected) => {
    expect(new AddressList(list).contains(address)).toBe(expected);
  });
});

describe('OriginList', () => {
  it.each([
    [[], 'https://any.example', true],
    [['https://shop.example'], 'https://shop.example', true],
    [['https://Shop.example'], 'HTTPS://shop.EXAMPLE', true],
    [['https://shop.example'], 'http://shop.example', false],
    [['https://shop.example'], 'https://shop.example:8443', false],
    [['https://shop.example'], 'https://shop.example.evil.example', false],
    [['https://*.shop.example'], 'https://a.b.shop.example', true],
    [['https://*.shop.example'], 'https://shop.example', false],
    [['https://*.shop.example'], 'https://evilshop.example', false],
    [['https://*.shop.example'], 'https://.shop.example', false],
    [['https://*.shop.example:8443'], 'https://a.shop.example:8443', true],
    [['https://*.shop.example'], 'null', false],
  ])('%j contains %s: %s', (list, origin, expected) => {
    expect(new OriginList(list).contains(origin)).toBe(expected);
  });
});

describe('what an app may be given', () => {
  it('takes origins without a path, and addresses or ranges', () => {
    const origins = [
      'https://shop.example',
      'https://*.shop.example:8443',
      'http://[::1]:3000',
      'capacitor://localhost',
    ];
    for (const origin of origins) expect(originSchema.safeParse(origin).success).toBe(true);
    for (const origin of ['shop.example', 'https://shop.example/path', 'https://*', '*', 'https://a b'])
      expect(originSchema.safeParse(origin).success).toBe(false);
    for (const range of ['203.0.113.7', '10.0.0.0/8', '2001:db8::/32', '::1'])
      expect(ipRangeSchema.safeParse(range).success).toBe(true);
    for (const range of ['300.0.0.1', '10.0.0.0/33', 'localhost', ''])
      expect(ipRangeSchema.safeParse(range).success).toBe(false);
  });
});
