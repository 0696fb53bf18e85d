// `node scripts/complete-lock.mjs`, after a tool with native binaries was upgraded: npm may leave the
// binaries of other platforms out of package-lock.json, and `npm ci` then refuses on every platform.
// This adds them, with the platform that their names tell.
import { readFileSync, writeFileSync } from 'node:fs';

const file = 'package-lock.json';
const systems = {
  aix: 'aix',
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  win32: 'win32',
  windows: 'win32',
};
const processors = new Set(
  'x64 arm64 ia32 arm ppc64 s390x riscv64 loong64 mips64el wasm32'.split(' '),
);

const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = Object.fromEntries(
  Object.entries(lock.packages).flatMap(([path, entry]) => missing(path, entry)),
);
const packages = Object.entries({ ...lock.packages, ...added });
lock.packages = Object.fromEntries(packages.toSorted(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${Object.keys(added).length} packages of other platforms added`);

function missing(path, entry) {
  return Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, version]) => {
    const at = `node_modules/${name}`;
    const isExact = /^\d+\.\d+\.\d+[-.\w]*$/.test(version);
    const platform = platformOf(name);
    if (lock.packages[at] || lock.packages[`${path}/${at}`] || !isExact || !platform) {
      return [];
    }
    return [[at, { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true }]];
  });
}

/** `@scope/tool-linux-x64-musl` and the like; null for a name that tells no platform. */
function platformOf(name) {
  const words = name.split('/').pop().split('-');
  const os = words.map((word) => systems[word]).find(Boolean);
  const cpu = words.includes('64') ? 'x64' : words.find((word) => processors.has(word));
  if (!cpu || (!os && cpu !== 'wasm32')) {
    return null;
  }
  const isMusl = words.some((word) => word.startsWith('musl'));
  const isGnu = os === 'linux' && words.some((word) => word.startsWith('gnu'));
  const libc = isMusl ? ['musl'] : ['glibc'];
  return { cpu: [cpu], ...(isMusl || isGnu ? { libc } : {}), ...(os ? { os: [os] } : {}) };
}
