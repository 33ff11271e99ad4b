import { mariadb } from './mariadb.ts';
import { postgres } from './postgres.ts';
import type { Service } from './service.ts';

/** Every service there is. Adding one is a line here and a file. */
export const services = { postgres, mariadb } as const satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;

export const isServiceName = (name: string): name is ServiceName => Object.hasOwn(services, name);
