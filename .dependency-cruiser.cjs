// Dependencies point one way: contracts -> features -> platform -> kernel. test/tooling/dependency-rules.test.ts
// plants a violation of each rule below and watches it being caught.

// An import that type stripping removes cannot do I/O: rules about behaviour let it pass, rules about knowledge do not.
const TYPES = ['type-only', 'type-import']
const TEST = '\\.(test|fixture)\\.ts$|/fixtures/'
const FEATURE = '^src/features/([^/]+)/'
const CONTRACT = '^src/contracts/([^/]+)/'
const COMPOSITION_ROOTS = '^src/(app|worker|worker-loops|housekeeping|main|runtime|bootstrap)\\.ts$|^src/cli/'
const DATABASE = '^src/platform/db/|(^|/)node_modules/(kysely|pg|pg-cursor|pg-copy-streams)/'
const HTTP_FRAMEWORK = '(^|/)node_modules/(fastify|@fastify)/'
const PURE_PACKAGES = '(^|/)node_modules/(typebox|stdnum|ipaddr\\.js|re2js)/'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'A cycle means that neither module can be understood, tested or moved without the other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: TYPES } },
    },
    {
      name: 'kernel-knows-nobody',
      comment: 'src/kernel is pure and shared: it imports itself, npm and node only.',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^(src/(?!kernel/)|migrations/)' },
    },
    {
      name: 'platform-knows-no-feature',
      comment: 'What touches the outside serves every feature and must not depend on one: pass it in as an argument.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/(features|contracts)/' },
    },
    {
      name: 'composition-roots-on-top',
      comment: 'app.ts, worker.ts, main.ts and cli/ put the pieces together; a piece that imports them is upside down.',
      severity: 'error',
      from: { path: '^src/', pathNot: [COMPOSITION_ROOTS, TEST] },
      to: { path: COMPOSITION_ROOTS },
    },
    {
      name: 'feature-has-no-http',
      comment:
        'A feature does not know by which contract it is called: no web framework, no contract, not even as types.',
      severity: 'error',
      from: { path: '^src/features/' },
      to: { path: `^src/contracts/|${HTTP_FRAMEWORK}` },
    },
    {
      name: 'feature-through-front-door',
      comment: 'What a feature offers to another one stands in its index.ts.',
      severity: 'error',
      from: { path: FEATURE },
      to: { path: FEATURE, pathNot: ['^src/features/$1/', '^src/features/[^/]+/index\\.ts$'] },
    },
    {
      name: 'registry-through-front-door',
      comment: 'The lists of all operations and of all error codes are put together from the front doors as well.',
      severity: 'error',
      from: { path: '^src/features/[^/]+\\.ts$' },
      to: { path: FEATURE, pathNot: '^src/features/[^/]+/(index|errors)\\.ts$' },
    },
    {
      name: 'contract-through-front-door',
      comment: 'A contract calls operations: from index.ts, the registry of operations or the list of error codes.',
      severity: 'error',
      from: { path: '^src/contracts/' },
      to: { path: '^src/features/', pathNot: '^src/features/([^/]+/index|registry|error-codes)\\.ts$' },
    },
    {
      name: 'contracts-are-strangers',
      comment:
        'Each contract was fixed by its own document and changes alone; what they share stands in contracts/shared.',
      severity: 'error',
      from: { path: CONTRACT },
      to: { path: CONTRACT, pathNot: '^src/contracts/($1|shared)/' },
    },
    {
      name: 'contracts-open-tx-only-through-runner',
      comment: 'Permission, tenant, audit and transaction come from the runner; SQL in a contract goes around them.',
      severity: 'error',
      from: { path: '^src/contracts/', pathNot: TEST },
      to: { path: DATABASE, dependencyTypesNot: TYPES },
    },
    {
      name: 'only-stores-touch-db',
      comment: 'SQL of a feature stands in its store.ts (or *-store.ts), nowhere else.',
      severity: 'error',
      from: { path: '^src/features/', pathNot: ['(/|-)store\\.ts$', TEST] },
      to: { path: DATABASE, dependencyTypesNot: TYPES },
    },
    {
      name: 'rules-are-pure',
      comment:
        'rules.ts decides, with everything passed in: other rules, schemas, errors, faults, the kernel and pure packages only.',
      severity: 'error',
      from: { path: '(/|-)rules\\.ts$' },
      to: {
        pathNot: ['(/|-)(rules|schemas|errors|faults)\\.ts$', '^src/kernel/', PURE_PACKAGES],
        dependencyTypesNot: TYPES,
      },
    },
    {
      name: 'no-test-code-in-production',
      comment: 'What the product runs must not need the tests or the measurements.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: TEST },
      to: { path: `^(test|bench)/|${TEST}` },
    },
    {
      name: 'no-dev-dependency-in-production',
      comment: 'An installation without devDependencies would not start.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: TYPES },
    },
    {
      name: 'no-orphans',
      comment:
        'Nobody imports this module and it imports nobody: forgotten, or not wired in. Our own code is .ts: a .js file is ' +
        'what a page loads.',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.d\\.ts$|^src/contracts/[^/]+/[^/]+\\.js$' },
      to: {},
    },
    {
      name: 'every-import-resolves',
      comment: 'An import that cannot be resolved would slip through all the rules above.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: '(^|/)node_modules/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
