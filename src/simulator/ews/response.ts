import { attempt, type EwsRefusal } from './errors.ts'
import { type Content, element, elementWith, type XmlNode } from './writer.ts'

/** The children that every successful response message starts with. */
export function noError(): Content {
  return element('m:ResponseCode', 'NoError')
}

/** The children that every refused response message starts with, in the schema's order. */
export function errorContent(refusal: EwsRefusal): Content {
  return [
    element('m:MessageText', refusal.message),
    element('m:ResponseCode', refusal.code),
    // Always 0: Microsoft documents the element as unused.
    element('m:DescriptiveLinkKey', 0),
  ]
}

/** One message of an answer: what `work` gives, or the refusal it ended with. */
export function message(name: string, work: () => Content, onError?: Content): XmlNode {
  const outcome = attempt(work)
  return 'refusal' in outcome
    ? elementWith(name, { ResponseClass: 'Error' }, errorContent(outcome.refusal), onError)
    : elementWith(name, { ResponseClass: 'Success' }, noError(), outcome.value)
}

/** A message that did what was asked, and has something to say about it. */
export function warning(name: string, refusal: EwsRefusal, ...content: Content[]): XmlNode {
  return elementWith(name, { ResponseClass: 'Warning' }, errorContent(refusal), content)
}

/** `<m:…Response><m:ResponseMessages>…`: one message per member of the request, in its order. */
export function itemizedResponse(operation: string, messages: readonly XmlNode[]): XmlNode {
  return element(`m:${operation}Response`, element('m:ResponseMessages', messages))
}
