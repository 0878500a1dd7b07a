import { createServer } from 'node:http';
import { SMTPServer } from 'smtp-server';
import { Arrivals } from './arrivals.js';

/** Takes mails, and tells over HTTP how many came and when. */
const arrivals = new Arrivals();
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  disableReverseLookup: true,
  onData: (stream, session, done) => {
    stream.resume();
    stream.on('end', () => {
      arrivals.note(session.envelope.rcptTo[0]?.address ?? '');
      done();
    });
  },
});
const stats = createServer((request, response) => arrivals.answer(request, response));
stats.keepAliveTimeout = 60_000;
smtp.listen(0, '127.0.0.1', () =>
  stats.listen(0, '127.0.0.1', () => {
    const [mail, told] = [smtp.server.address(), stats.address()];
    if (mail && typeof mail === 'object' && told && typeof told === 'object')
      process.send?.(`http://127.0.0.1:${told.port}/?smtp=${mail.port}`);
  }),
);
