import { rolldown } from 'rolldown'

/**
 * Bundles a module of this repository, so that plain Node can run it as a process of its own.
 * @returns the path of the bundle.
 */
export async function bundle(module: string, folder: string): Promise<string> {
  const bundled = await rolldown({
    input: { main: module },
    platform: 'node',
    transform: { target: 'node20.19', define: { __VERSION__: '"0.0.0-test"' } },
    onLog: () => {},
  })
  try {
    const { output } = await bundled.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' })
    return `${folder}/${output[0].fileName}`
  } finally {
    await bundled.close()
  }
}
