/** The variables that name a proxy. */
const variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]

/** Returns those that are set. */
export const setProxyVariables = (): ReadonlyArray<string> => variables.filter((name) => process.env[name])
