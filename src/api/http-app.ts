/**
 * What the modules of the API share: the typed Fastify instance, what it is opened with, and who is calling.
 * Types and three small readers; no behaviour of a route belongs here.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Auth, Principal } from '../auth/auth.ts';
import type { Permission } from '../auth/permission.ts';
import type { BrokerOnDemand } from '../broker/drivers.ts';
import type { Engine } from '../engine/engine.ts';
import { present } from '../kit/assert.ts';
import type { Clock } from '../kit/clock.ts';
import type { RateLimit } from './rate-limit.ts';

/** Schemas of the contract give handlers their types. */
interface ContractTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

export type HttpApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ContractTypes>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    principal: Principal | null;
  }
  /** For readers of the OpenAPI document. */
  interface FastifySchema {
    summary?: string;
    description?: string;
    tags?: readonly string[];
  }
  interface FastifyContextConfig {
    permission?: Permission;
    /** The route looks for flaws in the body itself, result by result. */
    judgesBody?: boolean;
  }
}

export interface ApiLog {
  error(fields: Record<string, unknown>, message: string): void;
}

export interface ApiConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly dashboardPort: number;
  /** Where callers reach the main port. Default `http://localhost:<port>`. */
  readonly publicUrl?: string;
  /** Where people reach the dashboard port. Default `http://localhost:<dashboardPort>`. */
  readonly dashboardUrl?: string;
  /** Of the program; stands in health answers and in the OpenAPI document. */
  readonly version?: string;
  /** Default 1 MiB. Batches and task results may always be 10 MiB. */
  readonly bodyBytesMax?: number;
  /** Live event streams at once. Default 1,000. */
  readonly streamsMax?: number;
  /** Default: none. */
  readonly rateLimit?: RateLimit;
  /** How long `close` waits for requests under way. Default 10,000. */
  readonly closeWaitMs?: number;
}

export interface ApiDeps {
  readonly engine: Engine;
  readonly broker: BrokerOnDemand;
  readonly auth: Auth;
  readonly clock: Clock;
  readonly log: ApiLog;
  readonly config: ApiConfig;
}

export const bodyBytesDefault = 1_048_576;
/** For batches of starts and of task results. */
export const bulkBodyBytesMax = 10_485_760;

export function callerOf(request: { principal: Principal | null }): Principal {
  return present(request.principal, 'the principal of a route that is not public');
}

export function workspaceOf(request: { principal: Principal | null }): string {
  return callerOf(request).workspace;
}
