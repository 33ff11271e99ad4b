/** What people open in a browser: the dashboard and the documentation. They hold no user's value; the API asks for a token. */
import { dashboardPage } from '../dashboard/dashboard-page.ts';
import { dashboardScript } from '../dashboard/dashboard-script.ts';
import { pagesStyle } from '../dashboard/dashboard-style.ts';
import { docsPage } from '../docs/docs-page.ts';
import { type DocumentedRoute, openApiDocument } from '../docs/openapi.ts';
import { pageHeaders } from '../html.ts';
import type { HttpApp } from '../http-app.ts';

const jsType = 'text/javascript; charset=utf-8';
const cssType = 'text/css; charset=utf-8';

/** `routes` may still grow until the first request. */
export function webPageRoutes(app: HttpApp, options: { routes: readonly DocumentedRoute[]; version: string }): void {
  let documents: { json: string; page: string } | undefined;
  const documentation = () => {
    if (documents) return documents;
    const document = openApiDocument(options.routes, options.version);
    documents = { json: JSON.stringify(document), page: docsPage(document) };
    return documents;
  };
  const serve = (url: string, type: string, text: () => string): void => {
    app.route({
      method: 'GET',
      url,
      config: { permission: 'public' },
      handler: async (_request, reply) => reply.headers(pageHeaders).header('content-type', type).send(text()),
    });
  };
  serve('/', pageHeaders['content-type'], () => dashboardPage);
  serve('/executions/:id', pageHeaders['content-type'], () => dashboardPage);
  serve('/dashboard.js', jsType, () => dashboardScript);
  serve('/pages.css', cssType, () => pagesStyle);
  serve('/api/docs', pageHeaders['content-type'], () => documentation().page);
  serve('/api/docs/openapi.json', 'application/json; charset=utf-8', () => documentation().json);
}
