// What the library needs of trusted assertions, apart from the graph and its thread: it runs in browsers too.
export { assertionKinds, parseAssertion, providersKind } from './src/assertions/assertion.ts';
export { type AssertedResult, loadAssertedResults, loadProviders } from './src/assertions/assertions.ts';
