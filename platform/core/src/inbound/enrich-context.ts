import type { RawMessage } from '../ingest/index.js';
import { isJsonObject, type JsonObject } from '../kernel/index.js';
import type { GeoLocator } from './geo-locator.js';
import { readUserAgent } from './user-agent.js';

const UTM = {
  utm_source: 'source',
  utm_medium: 'medium',
  utm_campaign: 'name',
  utm_term: 'term',
  utm_content: 'content',
} as const;

/** Adds what the event's circumstances tell; what the sender said itself is never replaced. */
export function enrichContext({ call, ip, userAgent }: RawMessage, geo: GeoLocator): JsonObject {
  const context: JsonObject = { ...call.context };
  if (context.ip === undefined && ip !== undefined) context.ip = ip;
  if (context.userAgent === undefined && userAgent !== undefined) context.userAgent = userAgent;
  if (typeof context.userAgent === 'string') addAgent(context, context.userAgent);
  if (context.campaign === undefined) addCampaign(context, call.properties);
  if (context.location === undefined && typeof context.ip === 'string') {
    const place = geo.locate(context.ip);
    if (place) context.location = { ...place };
  }
  return context;
}

function addAgent(context: JsonObject, userAgent: string): void {
  const { browser, os, device, bot } = readUserAgent(userAgent);
  if (browser && context.browser === undefined) context.browser = browser;
  if (os && context.os === undefined) context.os = os;
  if (device && context.device === undefined) context.device = device;
  if (bot) context.bot = true;
}

function addCampaign(context: JsonObject, properties: JsonObject | undefined): void {
  const page = isJsonObject(context.page) ? context.page : undefined;
  const candidates = [page?.url, page?.search, properties?.url, properties?.search];
  const link = candidates.find((text): text is string => typeof text === 'string' && text.includes('utm_'));
  if (link === undefined) return;
  const parameters = new URLSearchParams(link.slice(link.indexOf('?') + 1).replace(/#.*$/, ''));
  const campaign: JsonObject = {};
  for (const [parameter, field] of Object.entries(UTM)) {
    const value = parameters.get(parameter);
    if (value) campaign[field] = value;
  }
  if (Object.keys(campaign).length > 0) context.campaign = campaign;
}
