import { startSink } from './arrivals.js';

const ANSWER = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');
const HEAD_END = '\r\n\r\n';

/** Takes signed posts. */
startSink((socket, arrivals) => {
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received = received === '' ? text : received + text;
    for (;;) {
      const head = received.indexOf(HEAD_END);
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0);
      const end = head + HEAD_END.length + length;
      if (received.length < end) return;
      const id = /\r\nwebhook-id: ([^\r]+)/i.exec(received)?.[1];
      if (id === undefined || !received.includes('webhook-signature: v1,')) return socket.destroy();
      arrivals.note(id);
      socket.write(ANSWER);
      received = received.slice(end);
      if (received === '') return;
    }
  });
});
