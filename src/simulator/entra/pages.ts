import type { HttpResponse } from '../http-message.ts'

/** A page that a person signs in on. What it is about comes from requests, so every value is escaped. */
export function signInPage(options: {
  readonly title: string
  readonly action: string
  readonly address: string
  /** What went wrong with the last try. */
  readonly problem?: string
  /** A device's code to type, when that is what this is about. */
  readonly userCode?: string
}): HttpResponse {
  const code =
    options.userCode === undefined
      ? ''
      : field('Code', 'user_code', 'text', options.userCode, 'autocomplete="one-time-code"')
  return page(
    200,
    options.title,
    `${options.problem === undefined ? '' : `<p role="alert">${escapeHtml(options.problem)}</p>`}
<form method="post" action="${escapeHtml(options.action)}">
${code}${field('Address', 'login', 'email', options.address, 'autocomplete="username"')}${field('Password', 'passwd', 'password', '', 'autocomplete="current-password"')}<button name="answer" value="accept">Sign in</button>
<button name="answer" value="decline" formnovalidate>Cancel</button>
</form>`,
  )
}

/** A page with a sentence. */
export function messagePage(status: number, title: string, text: string): HttpResponse {
  return page(status, title, `<p>${escapeHtml(text)}</p>`)
}

/** A page that hands its values on by itself (OAuth 2.0 Form Post Response Mode). */
export function formPostPage(action: string, values: Readonly<Record<string, string>>): HttpResponse {
  const inputs = Object.entries(values).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  return page(
    200,
    'Working…',
    `<form method="post" action="${escapeHtml(action)}">${inputs.join('')}<button>Continue</button></form><script>document.forms[0].submit()</script>`,
  )
}

function page(status: number, title: string, body: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store, no-cache' },
    body: `<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>body{font:1rem system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}label,input{display:block;width:100%;box-sizing:border-box;margin:.3rem 0 .8rem}button{padding:.4rem 1rem}</style>
<h1>${escapeHtml(title)}</h1>
${body}
<p><small>The embedded Exchange of ews-delegates; nothing here is Microsoft’s.</small></p></html>
`,
  }
}

function field(label: string, name: string, type: string, value: string, more: string): string {
  return `<label>${label}<input name="${name}" type="${type}" value="${escapeHtml(value)}" required ${more}></label>\n`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
