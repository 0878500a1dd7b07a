import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { javaOf } from './debian.mjs';
import { fetchJars } from './maven.mjs';
import { exchange } from './probe.mjs';
import { HOST, settings } from './settings.mjs';

const { port, memoryMb } = settings.kafka;
const controllerPort = port + 1;
const POM = fileURLToPath(new URL('kafka/pom.xml', import.meta.url));
const VERSION = /<kafka\.version>(.*?)</.exec(readFileSync(POM, 'utf8'))[1];
/** Sixteen bytes as URL-safe base64: any will do, as long as it stays. */
const CLUSTER_ID = Buffer.from('cdp-engines-0001').toString('base64url');

/** ApiVersions, version 0: a broker answers it once it serves requests. */
const HELLO = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

const properties = (data) => `process.roles=broker,controller
node.id=1
listeners=BROKER://${HOST}:${port},CONTROLLER://${HOST}:${controllerPort}
advertised.listeners=BROKER://${HOST}:${port},CONTROLLER://${HOST}:${controllerPort}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=${HOST}:${controllerPort}
log.dirs=${data}
# One replica of everything; one partition each for the internal topics.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# Topics are declared, never made by the first message that names one.
auto.create.topics.enable=false
num.partitions=1
# A group forms at once, and a dead member may be noticed after a second (the lower bound is 6 s otherwise).
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A killed broker's successor is refused until the dead one's session ends (9 s otherwise).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Small: few threads, and little of the heap for the log cleaner (128 MB otherwise).
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=8388608
`;

const LOGGING = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = \${sys:level:-info}
rootLogger.appenderRef.out.ref = out
`;

function format(java, jars, folder, configuration, data) {
  rmSync(data, { recursive: true, force: true });
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dlevel=error'];
  const logging = `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`;
  const tool = ['kafka.tools.StorageTool', 'format', '--standalone', '--cluster-id', CLUSTER_ID];
  try {
    execFileSync(java, [...jvm, logging, '-cp', jars, ...tool, '--config', configuration], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(`Kafka could not format ${data}: ${String(error.stderr).trim().split('\n')[0]}`);
  }
}

export const kafka = {
  name: 'kafka',
  title: 'Kafka',
  setting: 'CDP_KAFKA_BROKERS',
  address: `${HOST}:${port}`,
  ports: [port, controllerPort],
  readyWithinMs: 90_000,

  answers: async () => (await exchange(port, HELLO))?.readUInt32BE(4) === 1,

  prepare(folder) {
    const java = join(javaOf(17), 'bin/java');
    const lib = join(folder, `lib-${VERSION}`);
    const whole = join(lib, '.whole');
    if (!existsSync(whole)) {
      fetchJars(`Kafka ${VERSION}`, POM, lib);
      writeFileSync(whole, '');
    }
    const data = join(folder, 'data');
    const configuration = join(folder, 'server.properties');
    mkdirSync(folder, { recursive: true });
    writeFileSync(configuration, properties(data));
    writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
    const jars = join(lib, '*');
    if (!existsSync(join(data, 'meta.properties'))) format(java, jars, folder, configuration, data);
    const jvm = [`-Xms${Math.min(128, memoryMb)}m`, `-Xmx${memoryMb}m`, '-XX:+UseG1GC', '-XX:+ExitOnOutOfMemoryError'];
    const properties4j = `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`;
    return {
      file: java,
      args: [...jvm, '-Djava.awt.headless=true', properties4j, '-cp', jars, 'kafka.Kafka', configuration],
    };
  },
};
