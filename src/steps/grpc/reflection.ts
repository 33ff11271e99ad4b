/**
 * What a server says of its own services: the protocol of server reflection, in the version that it has.
 *
 * What it sends is bounded, and is no more than a description: names are judged when it is read.
 */
import { type Client, type Metadata, status } from '@grpc/grpc-js';
import { isObject, type Json, member } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';
import { decodeMessage } from './decode-message.ts';
import { encodeMessage } from './encode-message.ts';
import { failureOf } from './grpc-failure.ts';
import { rootFromText } from './service-schema.ts';

export interface ReflectionCall {
  readonly client: Client;
  readonly metadata: Metadata;
  readonly deadlineAt: number | undefined;
  readonly signal: AbortSignal;
  readonly place: string;
}

const filesMax = 500;
const filesBytesMax = 8 * 1024 * 1024;
const versions = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'];

/** The parts of the protocol that are needed here; both versions have them alike. */
const protocol = `
  syntax = "proto3";
  message ServerReflectionRequest { string host = 1; oneof message_request { string file_by_filename = 3; string file_containing_symbol = 4; } }
  message ServerReflectionResponse { oneof message_response { FileDescriptorResponse file_descriptor_response = 4; ErrorResponse error_response = 7; } }
  message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
  message ErrorResponse { int32 error_code = 1; string error_message = 2; }
  message FileNames { string name = 1; repeated string dependency = 3; }
`;

/** Serialized descriptors of the file with the service, and of all that it depends on. */
export async function readDescriptors(call: ReflectionCall, service: string): Promise<readonly Uint8Array[]> {
  for (const [place, version] of versions.entries()) {
    try {
      return await readFiles(call, { service, version });
    } catch (error) {
      const isUnknown = error instanceof StepFailure && error.code === 'GRPC_UNIMPLEMENTED';
      if (!isUnknown) throw error;
      if (place === versions.length - 1) {
        throw new StepFailure(
          'GRPC_UNIMPLEMENTED',
          `${call.place} has no server reflection: give "proto" to the step`,
          {
            retryable: false,
          },
        );
      }
    }
  }
  return [];
}

async function readFiles(
  call: ReflectionCall,
  { service, version }: { service: string; version: string },
): Promise<readonly Uint8Array[]> {
  const asking = openAsking(call, version);
  const files = new Map<string, Uint8Array>();
  let room = filesBytesMax;
  try {
    const wanted: Json[] = [{ file_containing_symbol: service }];
    for (let request = wanted.shift(); request !== undefined; request = wanted.shift()) {
      for (const bytes of await asking.ask(request)) {
        const { name, dependencies } = asking.namesOf(bytes);
        if (files.has(name)) continue;
        files.set(name, bytes);
        room -= bytes.length;
        if (files.size > filesMax || room < 0) throw tooMuch(call.place);
        for (const file of dependencies) wanted.push({ file_by_filename: file });
      }
      // What came along meanwhile need not be asked for.
      while (isKnown(wanted[0], files)) wanted.shift();
    }
    return [...files.values()];
  } finally {
    asking.end();
  }
}

const isKnown = (request: Json | undefined, files: ReadonlyMap<string, unknown>): boolean =>
  isObject(request) && files.has(String(request['file_by_filename'] ?? ''));

const tooMuch = (place: string): StepFailure =>
  new StepFailure('GRPC_PROTO_INVALID', `${place} describes more than can be read: give "proto" to the step`, {
    retryable: false,
  });

interface Asking {
  ask(request: Json): Promise<readonly Uint8Array[]>;
  namesOf(file: Uint8Array): { name: string; dependencies: readonly string[] };
  end(): void;
}

/** One stream, a question at a time. */
function openAsking({ client, metadata, deadlineAt, signal, place }: ReflectionCall, version: string): Asking {
  const root = rootFromText(protocol);
  const [request, response, file] = ['ServerReflectionRequest', 'ServerReflectionResponse', 'FileNames'].map((name) =>
    root.lookupType(name),
  );
  if (!request || !response || !file) throw new Error('the protocol of reflection lacks a message');
  let waiting = Promise.withResolvers<Json>();
  waiting.promise.catch(() => undefined);
  const stream = client.makeBidiStreamRequest(
    `/${version}.ServerReflection/ServerReflectionInfo`,
    (message: Json) => Buffer.from(encodeMessage(request, message)),
    (bytes: Buffer) => decodeMessage(response, bytes),
    metadata,
    deadlineAt === undefined ? {} : { deadline: deadlineAt },
  );
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  stream.on('data', (message: Json) => waiting.resolve(message));
  stream.on('error', (error) => waiting.reject(failureOf(error, place)));
  stream.on('end', () => waiting.reject(failureOf({ code: status.UNAVAILABLE, details: 'it said no more' }, place)));
  return {
    async ask(question) {
      stream.write(question);
      const answer = await waiting.promise;
      waiting = Promise.withResolvers();
      waiting.promise.catch(() => undefined);
      const refusal = member(answer, 'error_response');
      if (refusal !== undefined) {
        const code = Number(member(refusal, 'error_code'));
        throw failureOf({ code, details: String(member(refusal, 'error_message')) }, place);
      }
      const files = member(member(answer, 'file_descriptor_response'), 'file_descriptor_proto');
      return Array.isArray(files) ? files.map((text) => Buffer.from(String(text), 'base64')) : [];
    },
    namesOf(bytes) {
      const names = decodeMessage(file, bytes);
      const dependencies = member(names, 'dependency');
      return {
        name: String(member(names, 'name')),
        dependencies: Array.isArray(dependencies) ? dependencies.map(String) : [],
      };
    },
    end() {
      signal.removeEventListener('abort', cancel);
      stream.end();
      stream.cancel();
    },
  };
}
