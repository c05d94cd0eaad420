import type { ItemShape } from '../../model/item-shape.ts'
import { pathKey } from '../../model/property-path.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { writePropertyPath } from './property-path.ts'

/** Writes a checked `m:ItemShape`. */
export function writeItemShape(body: XmlWriter, shape: ItemShape): void {
  body.element('m:ItemShape', (element) => {
    element.text('t:BaseShape', shape.base ?? 'Default')
    element.text('t:IncludeMimeContent', shape.includeMimeContent)
    element.text('t:BodyType', shape.bodyType)
    const paths = new Map((shape.properties ?? []).map((path) => [pathKey(path), path]))
    if (paths.size === 0) return
    element.element('t:AdditionalProperties', (properties) => {
      for (const path of paths.values()) writePropertyPath(properties, path)
    })
  })
}
