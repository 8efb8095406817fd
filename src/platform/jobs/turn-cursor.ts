/** So often it is asked whether there are more than one look goes through. */
const askEveryMs = 1_000

/**
 * Where those who look for what is due begin: each look goes through so many (tenants, endpoints) behind a place and no more,
 * and many of those may have nothing that can be taken. Without this the ones behind them would never have their turn.
 */
export class TurnCursor<Place> {
  readonly #beginning: Place
  readonly #endOfLook: (after: Place) => Promise<Place | null>
  #place: Place
  #isCrowded = false
  #askedAtMs = Number.NEGATIVE_INFINITY

  /** @param endOfLook the last one that a look behind this place goes through; null: it goes through all there are */
  constructor(beginning: Place, endOfLook: (after: Place) => Promise<Place | null>) {
    this.#beginning = beginning
    this.#place = beginning
    this.#endOfLook = endOfLook
  }

  get place(): Place {
    return this.#place
  }

  /** @param served the last one of a look that took all it had room for; null: it took all that it found */
  async advance(served: Place | null): Promise<void> {
    if (served !== null) {
      this.#place = served
      return
    }
    if (performance.now() - this.#askedAtMs >= askEveryMs) {
      this.#isCrowded = (await this.#endOfLook(this.#beginning)) !== null
      this.#askedAtMs = performance.now()
    }
    const end = this.#isCrowded ? await this.#endOfLook(this.#place) : null
    this.#place = end ?? this.#beginning
  }
}
