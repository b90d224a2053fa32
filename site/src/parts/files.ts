// Files of the site, by their place beside the page: it may lie in any folder of any server.
const BASE = new URL(".", self.location.href);

async function response(path: string): Promise<Response> {
  const answer = await fetch(new URL(path, BASE));
  if (!answer.ok) throw new Error(`${path} is missing on this server (${answer.status}): copy the whole folder`);
  return answer;
}

export async function fetched(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await response(path)).arrayBuffer());
}

// A file that travels compressed. Some servers unpack it on their own; then it is taken as it is.
export async function unpacked(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await fetched(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export async function picture(path: string): Promise<ImageBitmap> {
  return createImageBitmap(await (await response(path)).blob());
}
