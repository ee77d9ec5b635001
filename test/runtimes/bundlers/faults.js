/** Waits for webpack or rspack. Their errors reject; a missing package that is optional is a warning. */
export const rejectFaults = (start) =>
  new Promise((resolve, reject) =>
    start((error, stats) => {
      if (error) reject(error)
      else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })))
      else resolve()
    })
  )
