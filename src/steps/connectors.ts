import type { Connector, Connectors } from './connector.ts';

/** What connectors need from outside, injected. */
export interface ConnectorDeps {
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * The whole list of connectors. Adding one is a folder, a line here and its conformance test. Loaded on first use: who
 * calls no database never pays for its client.
 */
export function openConnectors(_deps: ConnectorDeps): Connectors {
  return {};
}

/** A connector that is opened by its first call. */
export function onFirstCall(open: () => Promise<Connector>): Connector {
  let opened: Promise<Connector> | undefined;
  return {
    async run(call) {
      opened ??= open();
      return (await opened).run(call);
    },
    async close() {
      await (await opened)?.close?.();
    },
  };
}
