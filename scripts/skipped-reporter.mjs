/** Names every test that did not run and says why; vitest's own summary only counts them. */
export default class SkippedReporter {
  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const { note } = test.result();
        const why = note ?? (test.options.mode === 'todo' ? 'to do' : 'no reason given');
        console.log(`skipped: ${module.relativeModuleId} > ${test.fullName} (${why})`);
      }
    }
  }
}
