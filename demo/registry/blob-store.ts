/** Where blobs and the uploads that become blobs are kept; the registry knows which repository has which. */
export interface BlobStore {
  /** Bytes, or undefined where there is no such blob. */
  size(digest: string): Promise<number | undefined>;
  /** Bytes `from` to `to`, both included. */
  open(digest: string, from: number, to: number): ReadableStream<Uint8Array>;
  /** Begins an upload. */
  begin(id: string): Promise<void>;
  /** Bytes that an upload has; undefined where there is none. */
  uploaded(id: string): Promise<number | undefined>;
  /** Adds to an upload; what came before a connection broke stays. @returns its size */
  append(id: string, body: ReadableStream<Uint8Array> | null): Promise<number>;
  /** Makes an upload a blob, if its bytes have that digest. */
  commit(id: string, digest: string): Promise<boolean>;
  abort(id: string): Promise<void>;
}
