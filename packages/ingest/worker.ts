import './src/verifier/worker-browser.ts';
