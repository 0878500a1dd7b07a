import type { HttpReply, HttpRequest } from './http.js';
import { headerOf } from './http.js';

const DEVICE_DAYS = 365;

/** The console's cookies. Over https their names begin with `__Host-`, which no other host of the domain can set. */
export class Cookies {
  readonly #secure: boolean;

  constructor(publicUrl: string) {
    this.#secure = publicUrl.startsWith('https:');
  }

  session(request: HttpRequest): string | undefined {
    return this.#read(request, 'cdp_session');
  }

  device(request: HttpRequest): string | undefined {
    return this.#read(request, 'cdp_device');
  }

  setLogin(reply: HttpReply, token: string, deviceMark: string, seconds: number): void {
    reply.header('set-cookie', [
      this.#write('cdp_session', token, seconds),
      this.#write('cdp_device', deviceMark, DEVICE_DAYS * 86_400),
    ]);
  }

  clearSession(reply: HttpReply): void {
    reply.header('set-cookie', [this.#write('cdp_session', '', 0)]);
  }

  #name(name: string): string {
    return this.#secure ? `__Host-${name}` : name;
  }

  #write(name: string, value: string, seconds: number): string {
    const secure = this.#secure ? '; Secure' : '';
    return `${this.#name(name)}=${value}; Path=/; Max-Age=${Math.max(0, Math.floor(seconds))}; HttpOnly; SameSite=Lax${secure}`;
  }

  #read(request: HttpRequest, name: string): string | undefined {
    const prefix = `${this.#name(name)}=`;
    const pairs = (headerOf(request, 'cookie') ?? '').split(';').map((pair) => pair.trim());
    return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length) || undefined;
  }
}
