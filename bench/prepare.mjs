/** Makes a subject and makes sure that it does what it is measured for: the same requests as the others, and the same answers. */
import { deepStrictEqual } from "node:assert/strict"
import { answer, created, createPath, granting, noting, path, sent } from "./exchange.mjs"
import { subjects } from "./subjects.mjs"

const origin = (port) => `http://127.0.0.1:${port}`
const apiPath = path.replace(/\/auth\/keys$/, "")
const expected = { key: answer.key, userId: answer.user_id }

/** Over a stub of `fetch`; port 9 discards, and nothing is sent there. */
export const stubbed = async (subject, { deadline, stub }) => {
  const make = subjects[subject]
  const baseUrl = `${origin(9)}${apiPath}`
  const { fetch, notes } = noting(granting)
  const probe = await make({ baseUrl, deadline, fetch })
  await probe.create()
  deepStrictEqual(await probe.key(), expected)
  deepStrictEqual(notes, [
    {
      method: "POST",
      pathname: createPath,
      body: {
        callback_url: created.callbackUrl,
        code_challenge: created.codeChallenge,
        code_challenge_method: created.codeChallengeMethod
      }
    },
    {
      method: "POST",
      pathname: path,
      body: { code: sent.code, code_verifier: sent.codeVerifier, code_challenge_method: sent.codeChallengeMethod }
    }
  ])
  return make({ baseUrl, deadline, fetch: stub })
}

/** With the server on that port, which refuses any other request. */
export const onServer = async (subject, port) => {
  const made = await subjects[subject]({ baseUrl: `${origin(port)}${apiPath}`, deadline: true })
  await made.create()
  deepStrictEqual(await made.key(), expected)
  return made
}

/** For what sends nothing. */
export const made = (subject) => subjects[subject]({ baseUrl: `${origin(9)}${apiPath}`, deadline: true })
