import { connect } from 'node:net';
import { HOST } from './settings.mjs';

/**
 * Sends bytes to a port of this machine and answers the first bytes that come back, or undefined when nothing does: an engine
 * is ready when it speaks its protocol, not when its port is open.
 */
export function exchange(port, request, withinMs = 1000) {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => finish(undefined));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(undefined));
    socket.on('data', finish);
    socket.on('connect', () => request && socket.write(request));
  });
}

export function isTaken(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const finish = (taken) => {
      socket.destroy();
      resolve(taken);
    };
    socket.on('connect', () => finish(true));
    socket.on('error', () => finish(false));
  });
}
