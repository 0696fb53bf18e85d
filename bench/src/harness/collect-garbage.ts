// Loaded into a server before its own code, with `--expose-gc`: SIGWINCH, which nobody else listens to
// in a server, collects all garbage and gives free pages back, so that what stays is what is in use.
process.on('SIGWINCH', () => {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
});
