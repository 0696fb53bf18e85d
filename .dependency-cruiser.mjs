// The directions of docs/architecture.md between files; `turbo boundaries` keeps those between packages.
// Without its parser dependency-cruiser finds no file, and so no fault: this import makes it loud.
import { Visitor } from '@swc/core/Visitor.js';

// The walker that dependency-cruiser takes from swc does not know `using` and stops at the first one.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function visitStatementOrUsing(node) {
  if (node.type === 'UsingDeclaration') {
    node.decls = this.visitVariableDeclarators(node.decls);
    return node;
  }
  return visitStatement.call(this, node);
};

const api = '^packages/api/src';
const features = `${api}/features`;
const contract = '^packages/contract/';
const tests = ['[.]test[.]ts$', '^packages/api/src/testing/', '/test/'];

/**
 * What a feature may ask. Beside these every feature may tell `stream` and write into `audit`. A new
 * feature is added here.
 */
const mayAsk = {
  user: [],
  sms: ['user'],
  session: ['user'],
  otp: ['user', 'session', 'sms'],
  password: ['user', 'session', 'otp'],
  account: ['user', 'session', 'otp', 'password', 'sms'],
  admin: ['user', 'session', 'otp', 'password'],
  friend: ['user'],
  chat: ['user', 'friend', 'organization'],
  organization: ['user', 'friend'],
  presence: ['user', 'friend'],
  audit: [],
  stream: [],
};

const anyOf = (words) => `(${words.join('|')})`;

const directions = Object.entries(mayAsk).map(([word, others]) => {
  const told = { stream: [], audit: ['stream'] }[word] ?? ['stream', 'audit'];
  const allowed = [word, ...others, ...told];
  return {
    name: `feature-direction-${word}`,
    comment: `${word} may use ${others.join(', ') || 'no other feature'}; stream asks nobody, audit stream only.`,
    severity: 'error',
    from: { path: `${features}/${word}/`, pathNot: [...tests, '[.]entity[.]ts$'] },
    to: { path: `${features}/`, pathNot: `${features}/${anyOf(allowed)}/` },
  };
});

const forbidden = [
  {
    name: 'no-circle',
    comment: 'Files that import each other cannot be read, tested or loaded one by one.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolvable',
    comment: 'The import leads nowhere (for the client: run its build first).',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'feature-unlisted',
    comment: 'A feature that this file does not list may use stream only: add it to mayAsk.',
    from: {
      path: `${features}/([^/]+)/`,
      pathNot: [...tests, `${features}/${anyOf(Object.keys(mayAsk))}/`],
    },
    to: { path: `${features}/`, pathNot: `${features}/($1|stream)/` },
  },
  {
    name: 'feature-through-index',
    comment: 'What a feature offers to others stands in its index.ts.',
    from: { path: `${features}/([^/]+)/`, pathNot: [...tests, '[.]entity[.]ts$'] },
    to: { path: `${features}/`, pathNot: [`${features}/$1/`, '/index[.]ts$'] },
  },
  {
    name: 'entity-points-at-entity',
    comment: 'A table refers to the table of another feature, not to what that feature does.',
    from: { path: `${features}/([^/]+)/.+[.]entity[.]ts$` },
    to: { path: `${features}/`, pathNot: '[.]entity[.]ts$' },
  },
  {
    name: 'rules-are-pure',
    comment: 'Rules decide from their arguments: other rules, the kernel and the contract only.',
    from: { path: '^packages/api/.+[.]rules[.]ts$' },
    to: { pathNot: [contract, `${api}/kernel/`, '[.]rules[.]ts$', '[.]entity[.]ts$'] },
  },
  {
    name: 'rules-know-only-the-type-of-their-entity',
    comment: 'Rules may name the type of their own entity, not import its code nor that of others.',
    from: { path: `${features}/([^/]+)/.+[.]rules[.]ts$` },
    to: { path: '[.]entity[.]ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'rules-know-only-their-own-entity',
    comment: 'Rules may name the type of their own entity only.',
    from: { path: `${features}/([^/]+)/.+[.]rules[.]ts$` },
    to: { path: '[.]entity[.]ts$', pathNot: `${features}/$1/` },
  },
  {
    name: 'no-transport-below-the-router',
    comment: 'Only the router of a feature knows tRPC, and nothing in a feature knows Fastify.',
    from: { path: `${features}/`, pathNot: [...tests, '[.]router[.]ts$'] },
    to: { path: ['node_modules/@trpc/', `${api}/trpc[.]ts$`] },
  },
  {
    name: 'no-fastify-in-api',
    comment: 'The product does not know by which server it is reached.',
    from: { path: '^packages/', pathNot: '^packages/client/test/' },
    to: { path: ['node_modules/fastify', 'node_modules/@fastify/', 'node_modules/ws/'] },
  },
  {
    name: 'router-only-calls-its-service',
    comment: 'A router is guard, schemas and one call of its own service.',
    from: { path: `${features}/([^/]+)/.+[.]router[.]ts$` },
    to: {
      pathNot: [
        contract,
        `${features}/$1/`,
        `${api}/(trpc|errors|wire-output)[.]ts$`,
        'node_modules/@trpc/server/',
        'node_modules/zod/',
      ],
    },
  },
  {
    name: 'router-knows-no-table',
    comment: 'Rows are read by the service through the repository.',
    from: { path: '[.]router[.]ts$' },
    to: { path: '[.](repository|entity)[.]ts$' },
  },
  {
    name: 'kernel-knows-nobody',
    comment: 'The kernel holds pure helpers; it may use the contract, AppError and deps.ts.',
    from: { path: `${api}/kernel/`, pathNot: tests },
    to: { path: `${api}/`, pathNot: `${api}/(kernel/|errors[.]ts$|deps[.]ts$)` },
  },
  {
    name: 'contract-runs-anywhere',
    comment: 'What crosses the wire is loaded by browsers and phones too.',
    from: { path: contract, pathNot: tests },
    to: { pathNot: [contract, 'node_modules/zod/'] },
  },
  {
    name: 'testing-is-for-tests',
    comment: 'Fakes and test databases must not be reachable from the product.',
    from: { pathNot: [...tests, '^bench/', '^scripts/', '^vitest[.]config[.]ts$'] },
    to: { path: `${api}/testing/` },
  },
  {
    name: 'client-takes-only-types-from-api',
    comment: 'The published client contains nothing of the server.',
    from: { path: '^packages/client/src/', pathNot: tests },
    to: { path: '^packages/api/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'examples-use-only-the-client',
    comment: 'An example shows what a user of the published package can do.',
    from: { path: '^examples/' },
    to: { path: '^(packages|apps)/', pathNot: '^packages/client/' },
  },
  {
    name: 'client-takes-only-the-client-types',
    comment: 'client-types.ts is the router with the server erased.',
    from: { path: '^packages/client/src/', pathNot: tests },
    to: {
      path: '^(packages|apps)/',
      pathNot: ['^packages/client/', contract, `${api}/client-types[.]ts$`],
    },
  },
];

export default {
  forbidden: [...directions, ...forbidden.map((rule) => ({ severity: 'error', ...rule }))],
  options: {
    // TypeScript 7 has no stable compiler API that dependency-cruiser could use.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^packages/[^/]+/dist/', '/[.]data/', '^packages/client/test/consumer/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
