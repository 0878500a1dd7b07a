import { startSink } from './arrivals.js';

const DATA_END = '\r\n.\r\n';

/** Takes mails, with no more of SMTP than a client needs that says hello, sends and says goodbye. */
startSink((socket, arrivals) => {
  let received = '';
  let recipient = '';
  let inData = false;
  const answerTo = (line: string): string => {
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        return '250-sink\r\n250 8BITMIME\r\n';
      case 'RCPT':
        recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
        return '250 OK\r\n';
      case 'DATA':
        inData = true;
        return '354 Go on\r\n';
      default:
        return '250 OK\r\n';
    }
  };
  socket.setEncoding('latin1');
  socket.write('220 sink ESMTP\r\n');
  socket.on('data', (text: string) => {
    received = received === '' ? text : received + text;
    while (received !== '') {
      const end = received.indexOf(inData ? DATA_END : '\r\n');
      if (end < 0) return;
      const line = received.slice(0, end);
      received = received.slice(end + (inData ? DATA_END.length : 2));
      if (inData) {
        inData = false;
        arrivals.note(recipient);
        socket.write('250 OK\r\n');
      } else if (/^QUIT/i.test(line)) socket.end('221 Bye\r\n');
      else socket.write(answerTo(line));
    }
  });
});
