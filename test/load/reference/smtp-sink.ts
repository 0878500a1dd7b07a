import { createServer } from 'node:http';
import { SMTPServer } from 'smtp-server';

/** Takes mails; how many, and when each hundredth came, is told over HTTP. */
const EVERY = 100;
let count = 0;
let marks: number[] = [];
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  disableReverseLookup: true,
  onData: (stream, _session, done) => {
    stream.resume();
    stream.on('end', () => {
      if (count++ % EVERY === 0) marks.push(performance.now());
      done();
    });
  },
});
const stats = createServer((request, response) => {
  const text = JSON.stringify({ count, marks });
  if (request.url === '/reset') {
    count = 0;
    marks = [];
  }
  response.end(text);
});
smtp.listen(0, '127.0.0.1', () =>
  stats.listen(0, '127.0.0.1', () => {
    const [mail, told] = [smtp.server.address(), stats.address()];
    if (mail && typeof mail === 'object' && told && typeof told === 'object')
      process.send?.(`http://127.0.0.1:${told.port}/?smtp=${mail.port}`);
  }),
);
