"""Sums of independent binomials with different shares, as when each group of a panel is drawn anew at its own size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from delphi.statistics.uncertainty import first_reaching

# As an exponent: e^-45 is 3e-20.
_NEGLIGIBLE = 45.0

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BinomialSums:
    """The laws of sums of independent binomials, one a cell, by their characteristic functions.

    After Hong (Comput Stat Data Anal 2013;59:41–51). A sum is looked at within a window of odd width around its mean, outside of
    which lies less than 1e-19 of the probability (Bernstein's inequality), as a Fourier sum over the frequencies 2πj / width.
    Those at which the modulus, at most e^(-2σ² sin²(ω/2)), is below 3e-20 are left out: some 30 remain, however many people there
    are. What is left to err is rounding.
    """

    mean: Floats  # [cell]
    variance: Floats  # [cell]
    lowest: Ints  # [cell]
    width: Ints  # [cell]
    waves: NDArray[np.complex128]  # [cell, frequency], times 2 / (width (1 - e^-iω)), turned to the lowest number of the window

    @classmethod
    def of(cls, share: Floats, sizes: Ints) -> "BinomialSums":
        """Return the sums over groups of Bin(size, share), both [cell, group]."""
        mean = (sizes * share).sum(axis=-1)
        variance = (sizes * share * (1 - share)).sum(axis=-1)
        reach = np.ceil(_NEGLIGIBLE / 3 + np.sqrt(_NEGLIGIBLE**2 / 9 + 2 * _NEGLIGIBLE * variance))
        lowest = np.maximum(mean - reach, 0).astype(np.int64)
        width = (np.minimum(mean + reach, sizes.sum(axis=-1)).astype(np.int64) - lowest) | 1
        width += 2  # the window holds both of its ends, and stays odd
        sine = np.minimum(np.sqrt(_NEGLIGIBLE / 2 / np.maximum(variance, 0.1)), 1.0)
        n_waves = np.minimum(np.ceil(np.arcsin(sine) * width / np.pi).astype(np.int64), width // 2)
        number = np.arange(1, n_waves.max(initial=0) + 1)
        kept = number <= n_waves[:, None]
        turn = np.where(kept, 2 * np.pi * number / width[:, None], np.pi)
        factor = np.where(kept, 2 / width[:, None], 0.0) / (1 - np.exp(-1j * turn))
        return cls(mean, variance, lowest, width, factor * _characteristic(share, sizes, turn, lowest))

    def at_least(self, k: Ints, cell: Ints) -> Floats:
        """Return P(sum ≥ k), float64[cell], of the cells with these indices."""
        width, waves = self.width[cell], self.waves[cell]
        above = np.clip(k - self.lowest[cell], 0, width)
        turn = 2 * np.pi * np.arange(1, waves.shape[1] + 1) * (above / width)[:, None]
        # The sum of e^-iωx from k to the end of the window, over a whole number of turns.
        probability: Floats = (width - above) / width + (waves * (np.exp(-1j * turn) - 1)).real.sum(axis=-1)
        return probability

    def quantile(self, target: float) -> Ints:
        """Return the smallest k with P(sum ≤ k) ≥ target, int64[cell]."""
        from scipy.special import ndtri

        guess = np.ceil(self.mean + ndtri(target) * np.sqrt(self.variance) - 0.5).astype(np.int64)
        top = self.lowest + self.width - 1
        return first_reaching(lambda k, cell: 1 - self.at_least(k + 1, cell) >= target, np.clip(guess, self.lowest, top))


def _characteristic(share: Floats, sizes: Ints, turn: Floats, lowest: Ints) -> NDArray[np.complex128]:
    """Return E e^(iω (sum - lowest)) at the frequencies float64[cell, frequency]."""
    # The rarer of the two outcomes is counted, so that the phase stays small and its rounding too.
    is_flipped = share > 0.5
    rarer = np.where(is_flipped, 1 - share, share)
    log_modulus, phase = np.zeros_like(turn), turn * ((sizes * is_flipped).sum(axis=-1) - lowest)[:, None]
    sine, cosine, half = np.sin(turn), np.cos(turn), np.sin(turn / 2) ** 2
    for group in range(sizes.shape[1]):
        p, n = rarer[:, group, None], sizes[:, group, None]
        log_modulus += n / 2 * np.log(np.maximum(1 - 4 * p * (1 - p) * half, 1e-300))
        phase += np.where(is_flipped[:, group, None], -n, n) * np.arctan2(p * sine, 1 - p + p * cosine)
    wave: NDArray[np.complex128] = np.exp(log_modulus + 1j * phase)
    return wave
