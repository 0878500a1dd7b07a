import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage, javaOf } from './debian.mjs';
import { fetchJars } from './maven.mjs';
import { HOST, settings } from './settings.mjs';

const { port, memoryMb } = settings.elasticsearch;
const transportPort = port + 100;
const address = `http://${HOST}:${port}`;
const POM = fileURLToPath(new URL('elasticsearch/pom.xml', import.meta.url));
const STARTER = fileURLToPath(new URL('elasticsearch/LoneNode.java', import.meta.url));
const VERSION = /<elasticsearch\.version>(.*?)</.exec(readFileSync(POM, 'utf8'))[1];

const CONFIGURATION = `cluster.name: cdp
node.name: cdp
discovery.type: single-node
http.host: ${HOST}
http.port: ${port}
transport.host: ${HOST}
transport.port: ${transportPort}
action.destructive_requires_name: false
cluster.routing.allocation.disk.threshold_enabled: false
`;

const LOGGING = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%consoleException%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
`;

/** Compression of stored fields and of HTTP is done by the system's zstd. */
function zstd() {
  const find = () =>
    readdirSync('/usr/lib')
      .map((name) => join('/usr/lib', name, 'libzstd.so.1'))
      .find((path) => existsSync(path));
  if (!find()) installPackage('zstd', 'libzstd1');
  return find();
}

/**
 * Lays the node out as its distribution would: the HTTP module in a folder of its own. It is loaded from the class path here, so
 * its descriptor loses the name of its Java module.
 */
function install(java, folder, home) {
  const lib = join(folder, 'lib');
  const stamp = join(folder, 'installed');
  const wanted = createHash('sha256').update(readFileSync(POM)).update(readFileSync(STARTER)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return lib;
  const library = zstd();
  fetchJars(`Elasticsearch ${VERSION}`, POM, lib);
  rmSync(home, { recursive: true, force: true });
  const transport = join(home, 'modules/transport-netty4');
  for (const path of [transport, ...['plugins', 'native', 'config', 'tmp'].map((name) => join(home, name))])
    mkdirSync(path, { recursive: true });
  for (const name of readdirSync(lib).filter((jar) => /^(netty-|transport-netty4-)/.test(jar)))
    renameSync(join(lib, name), join(transport, name));
  const jar = readdirSync(transport).find((name) => name.startsWith('transport-netty4-'));
  const unpacked = join(folder, 'unpacked');
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  execFileSync(join(java, 'bin/jar'), ['xf', join(transport, jar), 'META-INF/es-plugins'], { cwd: unpacked });
  const descriptor = join(unpacked, 'META-INF/es-plugins/transport-netty4/plugin-descriptor.properties');
  const lines = readFileSync(descriptor, 'utf8').split('\n');
  writeFileSync(
    join(transport, 'plugin-descriptor.properties'),
    lines.filter((line) => !line.startsWith('modulename')).join('\n'),
  );
  rmSync(unpacked, { recursive: true });
  execFileSync(join(java, 'bin/javac'), [
    '-nowarn',
    '-proc:none',
    '-cp',
    join(lib, '*'),
    '-d',
    join(folder, 'classes'),
    STARTER,
  ]);
  symlinkSync(library, join(home, 'native/libzstd.so'));
  writeFileSync(stamp, wanted);
  return lib;
}

export const elasticsearch = {
  name: 'elasticsearch',
  title: 'Elasticsearch',
  setting: 'CDP_ELASTICSEARCH_URL',
  address,
  ports: [port, transportPort],
  readyWithinMs: 120_000,

  async answers() {
    try {
      const url = `${address}/_cluster/health?wait_for_status=yellow&timeout=1s`;
      const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
      return response.ok && (await response.json()).timed_out === false;
    } catch {
      return false;
    }
  },

  prepare(folder) {
    const java = javaOf(21, { compiler: true });
    const home = join(folder, 'home');
    const lib = install(java, folder, home);
    const data = join(folder, 'data');
    rmSync(join(home, 'tmp'), { recursive: true, force: true });
    mkdirSync(join(home, 'tmp'));
    writeFileSync(join(home, 'config/elasticsearch.yml'), `${CONFIGURATION}path.data: ${data}\n`);
    writeFileSync(join(home, 'config/log4j2.properties'), LOGGING);
    const jvm = [
      `-Xms${memoryMb}m`,
      `-Xmx${memoryMb}m`,
      '-Xss1m',
      '-XX:+UseG1GC',
      '-XX:MaxDirectMemorySize=512m',
      '-XX:+ExitOnOutOfMemoryError',
      '-XX:-OmitStackTraceInFastThrow',
      `-XX:ErrorFile=${join(folder, 'hs_err.log')}`,
      '-Djava.awt.headless=true',
      '-Dfile.encoding=UTF-8',
      '-Djava.locale.providers=CLDR',
      '-Dio.netty.noUnsafe=true',
      '-Dio.netty.noKeySetOptimization=true',
      '-Dio.netty.recycler.maxCapacityPerThread=0',
      '-Dlog4j.shutdownHookEnabled=false',
      '-Dlog4j2.disable.jmx=true',
      '-Des.distribution.type=tar',
      '--enable-native-access=ALL-UNNAMED',
      '--add-modules=jdk.incubator.vector',
      '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false',
      `-Des.nativelibs.path=${join(home, 'native')}`,
      `-Djava.io.tmpdir=${join(home, 'tmp')}`,
    ];
    const classPath = `${join(folder, 'classes')}:${join(lib, '*')}`;
    return { file: join(java, 'bin/java'), args: [...jvm, '-cp', classPath, 'LoneNode', home] };
  },
};
