/** Addresses that answers carry. The ports are known for sure only once the server listens. */
import type { ApiConfig } from './http-app.ts';

export interface Ports {
  port: number;
  dashboardPort: number;
}

export interface Urls {
  tracking(executionId: string): string;
  stream(executionId: string): string;
}

export function openUrls(config: Pick<ApiConfig, 'publicUrl' | 'dashboardUrl'>, ports: Ports): Urls {
  const trim = (url: string | undefined): string | undefined => url?.replace(/\/+$/, '');
  const publicUrl = trim(config.publicUrl);
  const dashboardUrl = trim(config.dashboardUrl);
  return {
    tracking: (id) => `${dashboardUrl ?? `http://localhost:${ports.dashboardPort}`}/executions/${id}`,
    stream: (id) => `${publicUrl ?? `http://localhost:${ports.port}`}/api/v1/executions/${id}/stream`,
  };
}
