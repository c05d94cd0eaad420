import {
  type ExtendedPropertyPath,
  isExtendedPath,
  MAPI_PROPERTY_TYPES,
  PROPERTY_SETS,
  type PropertyPath,
  plainGuid,
} from '../../model/property-path.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import type { Element } from '../../xml/element.ts'

/** Writes `t:FieldURI`, `t:IndexedFieldURI` or `t:ExtendedFieldURI`, which stand for the abstract `t:Path`. */
export function writePropertyPath(parent: XmlWriter, path: PropertyPath): void {
  if (typeof path === 'string') {
    parent.element('t:FieldURI', undefined, { FieldURI: path })
  } else if (isExtendedPath(path)) {
    writeExtendedPath(parent, path)
  } else {
    parent.element('t:IndexedFieldURI', undefined, { FieldURI: path.fieldUri, FieldIndex: path.fieldIndex })
  }
}

function writeExtendedPath(parent: XmlWriter, path: ExtendedPropertyPath): void {
  if ('propertyTag' in path) {
    parent.element('t:ExtendedFieldURI', undefined, {
      PropertyTag: String(path.propertyTag),
      PropertyType: path.propertyType,
    })
    return
  }
  const named = (PROPERTY_SETS as readonly string[]).includes(path.propertySet)
  parent.element('t:ExtendedFieldURI', undefined, {
    DistinguishedPropertySetId: named ? path.propertySet : undefined,
    PropertySetId: named ? undefined : plainGuid(path.propertySet),
    PropertyName: 'propertyName' in path ? path.propertyName : undefined,
    PropertyId: 'propertyId' in path ? String(path.propertyId) : undefined,
    PropertyType: path.propertyType,
  })
}

/** Reads `t:ExtendedFieldURI`; undefined when it is none that could be asked for. */
export function readExtendedPath(path: Element): ExtendedPropertyPath | undefined {
  const { PropertyTag, DistinguishedPropertySetId, PropertySetId, PropertyName, PropertyId, PropertyType } =
    path.attributes
  const propertyType = MAPI_PROPERTY_TYPES.find((type) => type === PropertyType)
  if (!propertyType) return undefined
  if (PropertyTag !== undefined) return { propertyTag: PropertyTag, propertyType }
  const propertySet = DistinguishedPropertySetId ?? PropertySetId
  if (propertySet === undefined) return undefined
  if (PropertyName !== undefined) return { propertySet, propertyName: PropertyName, propertyType }
  return PropertyId === undefined ? undefined : { propertySet, propertyId: Number(PropertyId), propertyType }
}
