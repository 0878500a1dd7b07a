import { isbot } from 'isbot';
import { LRUCache } from 'lru-cache';
import { UAParser } from 'ua-parser-js';
import type { JsonObject } from '../kernel/index.js';

/** What a user agent tells, in the fields of a Segment context. */
export interface Agent {
  browser?: JsonObject;
  os?: JsonObject;
  device?: JsonObject;
  bot: boolean;
}

// Parsing costs tens of microseconds, and a platform sees few agents many times.
const parsed = new LRUCache<string, Agent>({ max: 5_000 });

export function readUserAgent(userAgent: string): Agent {
  const known = parsed.get(userAgent);
  if (known) return known;
  const { browser, os, device } = new UAParser(userAgent).getResult();
  const agent: Agent = { bot: isbot(userAgent) };
  if (browser.name) agent.browser = { name: browser.name, ...(browser.version ? { version: browser.version } : {}) };
  if (os.name) agent.os = { name: os.name, ...(os.version ? { version: os.version } : {}) };
  if (device.vendor || device.model || device.type)
    agent.device = {
      ...(device.vendor ? { manufacturer: device.vendor } : {}),
      ...(device.model ? { model: device.model } : {}),
      ...(device.type ? { type: device.type } : {}),
    };
  parsed.set(userAgent, agent);
  return agent;
}
