"""Folded solutions are right, stubs are not tried, and plausible wrong answers are rejected."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from scipy.special import expit

from course_utils import checks
from course_utils.exercises.lesson_03 import rejected
from course_utils.exercises.lesson_07 import augment, column_mask, draw_row, nucleus, table_step
from course_utils.exercises.lesson_07 import bits as table_bits
from course_utils.exercises.lesson_08 import (
    best_guess,
    come_back,
    ddim_step,
    guided_x0,
    jump,
    v_step,
)
from course_utils.exercises.lesson_09 import (
    angles,
    counterexample,
    latitude_loss,
    mean_cosine,
    repel,
    settle,
)
from course_utils.exercises.lesson_10 import (
    heun,
    in_bits,
    log_p_sinh,
    match_step,
    shares,
    walk,
)
from course_utils.exercises.lesson_11 import (
    langevin,
    matching_step,
    score_of_velocity,
    two_m_step,
)
from course_utils.exercises.lesson_12 import (
    drift_1d,
    fit_mean_flow,
    mean_flow_step,
    near,
    velocity,
)
from publish.notebooks import select
from tests.notebook_rules import exercises, read

TASKS = {
    task[0]: task for path in select() for task in exercises(read(path.name[:2])[0])
}  # name -> (name, function, stub, solution)


def marginal_of_y(p, j):
    return p.sum(axis=1) / p.sum(), p[j] / p[j].sum()


def marginal_not_normalised(p, j):
    return p.sum(axis=0), p[:, j] / p[:, j].sum()


def conditional_not_normalised(p, j):
    return p.sum(axis=0) / p.sum(), p[:, j] / p.sum()


def marginal_next_column(p, j):
    j = (j + 1) % p.shape[1]
    return p.sum(axis=0) / p.sum(), p[:, j] / p[:, j].sum()


def draw_left_side(w, u):
    return np.searchsorted(np.cumsum(w) / np.sum(w), u)


def draw_not_normalised(w, u):
    return np.searchsorted(np.cumsum(w), u, side="right")


def draw_off_by_one(w, u):
    return np.searchsorted(np.r_[0, np.cumsum(w)] / np.sum(w), u, side="right")


def draw_with_a_place_inside(w, u):
    F = np.r_[0, np.cumsum(w)] / np.sum(w)
    return np.interp(u, F, np.arange(len(F)))


def rejection(p, n, rng, box=None, turned=False, rate=None, lattice=False, scale=None):
    """The folded solution with one thing wrong at a time."""
    h, w = p.shape
    i, j = np.nonzero(p)
    low = np.array([j.min() / w, i.min() / h])
    high = np.array([(j.max() + 1) / w, (i.max() + 1) / h])
    inner = p[i.min() : i.max() + 1, j.min() : j.max() + 1]
    if box == "short":
        high = np.array([j.max() / w, i.max() / h])
    if box == "none":
        low, high, inner = np.zeros(2), np.ones(2), p
    kept = np.empty((0, 2))
    for _ in range(500):
        points = low + (high - low) * rng.random((n, 2))
        column, row = (points * [w, h]).astype(int).T
        if turned:
            row, column = h - 1 - row, column
        if lattice:
            points = (np.c_[column, row] + 0.5) / [w, h]
        kept = np.r_[kept, points[rng.random(n) < p[row, column] / (scale or p.max())]]
        if len(kept) >= n:
            break
    return kept[:n], inner.mean() / inner.max() if rate is None else rate(p)


def wrong_rejection(**fault):
    return lambda p, n, rng: rejection(p, n, rng, **fault)


def softplus(a):
    return np.logaddexp(0, a)


def paired_that_overflows(real, fake):
    with np.errstate(over="ignore"):
        return np.log(1 + np.exp(fake - real)).mean(), np.log(1 + np.exp(real - fake)).mean()


def dirac_fault(sign=1, old_psi=False, penalty=1.0, saturating=False):
    """The folded solution with one thing wrong."""

    def step(theta, psi, gamma, lr):
        new = psi + lr * (-theta * expit(psi * theta) - sign * penalty * gamma * psi)
        seen = psi if old_psi else new
        slope = expit(seen * theta) if saturating else expit(-seen * theta)
        return theta + lr * seen * slope, new

    return step


def loop_fault(attach=True, both=True, flip=1.0, fresh_d=False):
    """The folded solution with one thing wrong."""

    def play(x, z, rounds, lr):
        theta = torch.zeros(1, requires_grad=True)
        psi = torch.zeros(2, requires_grad=True)
        for _ in range(rounds):
            if fresh_d:
                psi = torch.zeros(2, requires_grad=True)
            fake = (z + theta).detach()
            d_loss = both * F.softplus(-psi[0] - psi[1] * x) + F.softplus(psi[0] + psi[1] * fake)
            (slope,) = torch.autograd.grad(d_loss.mean(), psi)
            psi = (psi - lr * slope).detach().requires_grad_()
            g_loss = F.softplus(-flip * (psi[0] + psi[1] * (z + theta)))
            (slope,) = torch.autograd.grad(g_loss.mean(), theta)
            theta = (theta - lr * slope * attach).detach().requires_grad_()
        return theta.item()

    return play


def transposed_matrix(w, s, m):
    A = np.zeros((s * (m - 1) + len(w), m))
    for i in range(m):
        A[s * i : s * i + len(w), i] = w
    return A


def generator_sizes(m, layers):
    sizes = []
    for L, s, p, o in layers:
        m = s * (m - 1) + L - 2 * p + o
        sizes.append(m)
    return sizes


def spread_out(z, s):
    spread = np.zeros(s * (len(z) - 1) + 1)
    spread[::s] = z
    return spread


def code_gradient(z, x, w, s):
    A = transposed_matrix(w, s, len(z))
    return A.T @ (A @ z - x)


def fit_filter(z, x, L, s, lr, steps, forget=True):
    """Gradient descent on a filter; without `forget` the gradients of all steps add up."""
    w, g = np.zeros(L), np.zeros(L)
    for _ in range(steps):
        off = transposed_matrix(w, s, len(z)) @ z - x
        g = g * (not forget)
        for i in range(len(z)):
            g = g + z[i] * off[s * i : s * i + L]
        w = w - lr * g
    return w


def overlap_add(z, w, s):
    """The sum of scaled filters, not divided by anything."""
    return sum(transposed_matrix(w_k, s, len(z)) @ z_k for z_k, w_k in zip(z.T, w, strict=True))


def match_by(w, w_other, score, normalise=True):
    if normalise:
        w, w_other = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (w, w_other))
    cos = score(w @ w_other.T)
    rows, partner = linear_sum_assignment(-cos)
    return partner, cos[rows, partner].mean()


def match_row_by_row(w, w_other):
    """Each takes the best one, also if it is taken."""
    w, w_other = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (w, w_other))
    cos = abs(w @ w_other.T)
    return cos.argmax(axis=1), cos.max(axis=1).mean()


def fit_wrongly(fresh, noisy_gradient):
    """The training of a decoder with one noise for all steps, or a gradient that leaves it out."""

    def fit(w, z, x, sigma, lr, steps, rng):
        noisy = z + sigma * rng.standard_normal(z.shape)
        for step in range(steps):
            if fresh and step:
                noisy = z + sigma * rng.standard_normal(z.shape)
            seen = noisy if noisy_gradient else z
            w = w - lr * 2 * seen.T @ (noisy @ w - x) / x.size
        return w

    return fit


def kl_of_gaussians(m, S, n, T):
    P = np.linalg.inv(T)
    logs = np.log(np.linalg.det(T) / np.linalg.det(S))
    return 0.5 * (np.trace(P @ S) + (m - n) @ P @ (m - n) - len(m) + logs)


def kl_of(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)


def elbo(x, x_hat, mu, logvar, s):
    likelihood = -((x - x_hat) ** 2) / (2 * s**2) - np.log(2 * np.pi * s**2) / 2
    return likelihood.sum(axis=1) - kl_of(mu, logvar)


def vae_step(x, mu, logvar, eps, W, power=0.5, pixels=np.sum, numbers=np.sum):
    """The folded solution with one thing wrong at a time."""
    z = mu + np.exp(power * logvar) * eps
    divergence = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)
    return (pixels((x - z @ W) ** 2, axis=1) + numbers(divergence, axis=1)).mean()


def v_step_towards_x_0(W, x_0, eps, a, b, rate):
    """It trains the picture in place of v."""
    x_t = a * x_0 + b * eps
    return W - rate * 2 * x_t.T @ (x_t @ W - x_0) / len(x_t)


def come_back_with_the_variance(x, guess, bar, z):
    """One of the two faults of the broken loop is left."""
    for t in range(len(bar) - 1, 0, -1):
        alpha = bar[t] / bar[t - 1]
        mean = (x - (1 - alpha) / np.sqrt(1 - bar[t]) * guess(x, t)) / np.sqrt(alpha)
        x = mean + (1 - bar[t - 1]) / (1 - bar[t]) * (1 - alpha) * z[t - 1]
    return x


def weights_of_zero(x_t, data, a, b):
    with np.errstate(invalid="ignore"):
        weight = np.exp(-((x_t[:, None] - a * data) ** 2).sum(2) / (2 * b**2))
        return weight @ data / weight.sum(1, keepdims=True)


def repel_without_normalising(u, rate):
    difference = u[:, None] - u
    distance = np.linalg.norm(difference, axis=2) + np.diag(np.full(len(u), np.inf))
    return u + rate * (difference / distance[..., None] ** 3).sum(axis=1)


def repel_by_the_square(u, rate):
    difference = u[:, None] - u
    distance = np.linalg.norm(difference, axis=2) + np.diag(np.full(len(u), np.inf))
    moved = u + rate * (difference / distance[..., None] ** 2).sum(axis=1)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def walk_as_printed(slope, x, noise, h):
    for eps in noise:
        x = x + h / 2 * slope(x) + h * eps
    return x


def settle_off_the_sphere(u, steps, rate):
    n = len(u)
    for _ in range(steps):
        m, M = u.mean(0), u.T @ u / n
        u = u - rate * (4 * n * m @ m * m + 4 * (u @ M - m @ m * m))
    return u


def settle_with_old_moments(u, steps, rate):
    n, m, M = len(u), u.mean(0), u.T @ u / len(u)
    for _ in range(steps):
        u = u - rate * (4 * n * m @ m * m + 4 * (u @ M - m @ m * m))
        u = u / np.linalg.norm(u, axis=1, keepdims=True)
    return u


def shares_of_densities(x, w, m, s):
    r = w / s * np.exp(-(((x[:, None] - m) / s) ** 2) / 2)
    with np.errstate(invalid="ignore"):
        return r / r.sum(1, keepdims=True)


def euler(v, x, steps):
    for k in range(steps):
        x = x + v(x, k / steps) / steps
    return x


def conditional_step(sign=1, rate=1, for_G=lambda c: c, for_fake=lambda c: c, for_real=lambda c: c):
    """A step of D with one thing wrong at a time."""

    def step(G, D, x, z, c, lr):
        fake = D(G(z, for_G(c)).detach(), for_fake(c))
        loss = F.softplus(-D(x, for_real(c))) + F.softplus(fake)
        optimizer = torch.optim.SGD(D.parameters(), rate * lr)
        optimizer.zero_grad()
        (sign * loss.mean()).backward()
        optimizer.step()
        return D(x, c)

    return step


def conditional_losses(for_real, for_fake, for_G):
    """Both losses, in which the points come with the classes of these names."""

    def losses(G, D, x, z, c, c_hat, softplus):
        classes = {"c": c, "c_hat": c_hat}
        x_hat = G(z, c_hat)
        d = softplus(-D(x, classes[for_real])).mean()
        d = d + softplus(D(x_hat, classes[for_fake])).mean()
        return d, softplus(-D(x_hat, classes[for_G])).mean()

    return losses


def nucleus_by_sorted(p, P, strict=False):
    """Keeps what comes before P is passed; strict: without the colour that passes it."""
    order = np.argsort(-p)
    total = np.cumsum(p[order])
    best = order[(total < P) if strict else (total - p[order] < P)]
    kept = np.zeros_like(p)
    kept[best] = p[best]
    return kept / max(kept.sum(), 1e-9)


def row_drawn(W, u, T, anew=True, normalise=True):
    """The loop of lesson 07 with one of its two faults, or both."""
    before, x = W.shape[1], np.zeros(len(u), int)
    for i in range(len(u)):
        logits = W[before if anew else -1] / T
        p = np.exp(logits - logits.max())
        p = p / p.sum() if normalise else p
        before = x[i] = (p.cumsum() <= u[i]).sum()
    return x


def velocity_of_unsafe_weights(x, t, data):
    """Right where the exponentials do not underflow."""
    w = np.exp(-((x[:, None] - t * data) ** 2).sum(axis=2) / (2 * (1 - t) ** 2))
    with np.errstate(invalid="ignore"):
        return (w @ data / w.sum(axis=1, keepdims=True) - x) / (1 - t)


def mean_flow_step_that_leaks(theta, x, t, h, v, rate):
    """The gradient of the whole loss, through the target too."""
    one = np.ones_like(x)
    inputs = np.stack([one, x, t, h], axis=1)
    slope = np.stack([0 * one, v, one, -one], axis=1)
    e = inputs @ theta - (v + h * (slope @ theta))
    return theta - rate * 2 * (e[:, None] * (inputs - h[:, None] * slope)).mean(axis=0)


def fit_mean_flow_wrongly(theta, batches, rate, leak, sign):
    """The broken loop with one or both of its faults."""
    for x, t, h, v in batches:
        one = np.ones_like(x)
        inputs = np.stack([one, x, t, h], axis=1)
        slope = np.stack([0 * one, v, one, sign * one], axis=1)
        e = inputs @ theta - (v + h * (slope @ theta))
        through = h[:, None] * slope if leak else 0
        theta = theta - rate * 2 * (e[:, None] * (inputs - through)).mean(axis=0)
    return theta


WRONG = {
    "01 marginal": [
        marginal_of_y,
        marginal_not_normalised,
        conditional_not_normalised,
        marginal_next_column,
    ],
    "01 draw": [draw_left_side, draw_not_normalised, draw_off_by_one, draw_with_a_place_inside],
    "01 rejection": [
        wrong_rejection(box="none"),
        wrong_rejection(box="short"),
        wrong_rejection(turned=True),
        wrong_rejection(lattice=True),
        wrong_rejection(rate=lambda p: p.mean()),
        wrong_rejection(scale=1.0),
        lambda p, n, rng: (rng.random((n, 2)), rejection(p, 1, rng)[1]),
        lambda p, n, rng: rejection(p, n, rng)[0],
    ],
    "01 floor": [
        lambda TV, n, wanted: n * TV / wanted,
        lambda TV, n, wanted: n * (wanted / TV) ** 2,
        lambda TV, n, wanted: n * np.sqrt(TV / wanted),
        lambda TV, n, wanted: (TV / wanted) ** 2,
    ],
    "01 metropolis": [
        lambda x, new, a, a_new, u: new[u * a < a_new],
        lambda x, new, a, a_new, u: np.where((u * a_new < a)[:, None], new, x),
        lambda x, new, a, a_new, u: np.where((a < a_new)[:, None], new, x),
        lambda x, new, a, a_new, u: np.where((u < a_new)[:, None], new, x),
        lambda x, new, a, a_new, u: new,
    ],
    "01 axes": [
        lambda a, x, y: a[int(y * a.shape[0]), int(x * a.shape[1])],
        lambda a, x, y: a[int(x * a.shape[1]), int(y * a.shape[0])],
        lambda a, x, y: a[a.shape[0] - int(y * a.shape[0]), int(x * a.shape[1])],
        lambda a, x, y: a[-1 - int(y * a.shape[0]), round(x * (a.shape[1] - 1))],
    ],
    "02 least": [
        lambda loss: np.log(2) - loss / 2,
        lambda loss: max(0, 2 * np.log(2) - loss),
        lambda loss: max(0, loss / 2 - np.log(2)),
        lambda loss: max(0, np.log(2) - loss),
    ],
    "02 dirac": [
        dirac_fault(sign=-1),
        dirac_fault(old_psi=True),
        dirac_fault(penalty=0.5),
        dirac_fault(saturating=True),
        lambda theta, psi, gamma, lr: dirac_fault()(theta, psi, gamma, lr)[::-1],
    ],
    "02 loop": [
        loop_fault(attach=False),
        loop_fault(both=False),
        loop_fault(flip=-1.0),
        loop_fault(fresh_d=True),
    ],
    "02 best": [
        lambda p, q: (p / (p + q), np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))),
        lambda p, q: (np.log(q / p), np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))),
        lambda p, q: (np.log(p / q), -np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))),
        lambda p, q: (np.log(p / q), np.sum(p * np.log(p / q))),
        lambda p, q: np.log(p / q),
    ],
    "02 wasserstein": [
        lambda a, b: np.mean(abs(a - b)),
        lambda a, b: np.sum(abs(np.sort(a) - np.sort(b))),
        lambda a, b: abs(np.mean(a) - np.mean(b)),
        lambda a, b: np.sqrt(np.mean((np.sort(a) - np.sort(b)) ** 2)),
    ],
    "02 paired": [
        lambda real, fake: (softplus(real - fake).mean(), softplus(fake - real).mean()),
        lambda real, fake: (softplus(-real).mean(), softplus(-fake).mean()),
        lambda real, fake: (softplus(fake - real).sum(), softplus(real - fake).sum()),
        paired_that_overflows,
    ],
    "03 labels": [
        lambda share, r: (np.full(len(share), 1 - r), 1 - r),
        lambda share, r: (1 - r + r * share, np.mean(1 - r + r * share)),
        lambda share, r: (1 - r + r / len(share) + 0 * share, 1 - r + r / len(share)),
        lambda share, r: 1 - r + r * share,
    ],
    "03 step": [
        conditional_step(sign=-1),
        conditional_step(rate=2),
        conditional_step(for_G=lambda c: c.roll(1, dims=1)),
        conditional_step(for_fake=lambda c: c.roll(1, dims=1)),
        conditional_step(for_fake=torch.zeros_like),
        conditional_step(for_real=torch.zeros_like),
        lambda G, D, x, z, c, lr: D(x, c),
    ],
    "03 losses": [
        conditional_losses("c_hat", "c", "c"),
        conditional_losses("c", "c", "c"),
        conditional_losses("c", "c_hat", "c"),
        conditional_losses("c_hat", "c_hat", "c_hat"),
        lambda *inputs: conditional_losses("c", "c_hat", "c_hat")(*inputs)[0],
    ],
    "03 rejection": [
        lambda a, u, q: (u < np.exp(a - a.max()), np.exp(a - a.max()).mean()),
        lambda a, u, q: (u < np.exp(a - np.quantile(a, q)), np.exp(a - np.quantile(a, q)).mean()),
        lambda a, u, q: (u < rejected(a, u, q)[1], rejected(a, u, q)[1]),
        lambda a, u, q: (rejected(a, u, q)[0], rejected(a, u, q)[0].mean()),
        lambda a, u, q: (~rejected(a, u, q)[0], rejected(a, u, q)[1]),
    ],
    "03 projection": [
        lambda phi, y, w, v: phi @ w,
        lambda phi, y, w, v: (phi * v[y]).sum(axis=1),
        lambda phi, y, w, v: phi @ w + phi @ v[y].sum(axis=0),
        lambda phi, y, w, v: phi @ (w + v[y]).T,
    ],
    "04 sizes": [
        lambda m, layers: [s * (m - 1) + L - 2 * p + o for L, s, p, o in layers],
        lambda m, layers: generator_sizes(m, [(L, s, p, 0) for L, s, p, _ in layers]),
        lambda m, layers: generator_sizes(m, [(L, s, -p, o) for L, s, p, o in layers]),
        lambda m, layers: generator_sizes(m, layers)[-1],
    ],
    "04 zeros": [
        lambda z, w, s: np.convolve(spread_out(z, s), w[::-1]),
        lambda z, w, s: np.convolve(spread_out(z, s), w, mode="same"),
        lambda z, w, s: np.convolve(np.repeat(z, s), w),
        lambda z, w, s: np.convolve(spread_out(z, s + 1), w),
        lambda z, w, s: np.convolve(z, w),
    ],
    "04 decode": [
        lambda z, w, b, s: overlap_add(z, w, s) + b,
        lambda z, w, b, s: (
            (overlap_add(z, w, s) + b) / overlap_add(z[:, :1] * 0 + 1, w[:1] * 0 + 1, s)
        ),
        lambda z, w, b, s: overlap_add(z, w, s) / overlap_add(z[:, :1] * 0 + 1, w[:1] * 0 + 1, s),
        lambda z, w, b, s: overlap_add(z, w / 2, s) + b,
    ],
    "04 step": [
        lambda z, x, w, s, lr: z + lr * code_gradient(z, x, w, s),
        lambda z, x, w, s, lr: z - 2 * lr * code_gradient(z, x, w, s),
        lambda z, x, w, s, lr: z - lr * code_gradient(z, x, w[::-1], s),
        lambda z, x, w, s, lr: z - lr * code_gradient(0 * z, x, w, s),
        lambda z, x, w, s, lr: -lr * code_gradient(z, x, w, s),
    ],
    "04 fit": [
        lambda z, x, L, s, lr, steps: fit_filter(z, x, L, s, lr, steps, forget=False),
        lambda z, x, L, s, lr, steps: fit_filter(z, x, L, s, -lr, steps),
        lambda z, x, L, s, lr, steps: fit_filter(z, x, L, s, lr, 1),
        lambda z, x, L, s, lr, steps: fit_filter(z, x, L, s, lr, steps)[::-1],
    ],
    "04 floor": [
        lambda x, k: (np.linalg.svd(x, compute_uv=False)[k:] ** 2).sum() / x.size,
        lambda x, k: (np.linalg.svd(x - x.mean(0), compute_uv=False)[k:] ** 2).sum() / len(x),
        lambda x, k: np.linalg.svd(x - x.mean(0), compute_uv=False)[k:].sum() / x.size,
        lambda x, k: (np.linalg.svd(x - x.mean(0), compute_uv=False)[k + 1 :] ** 2).sum() / x.size,
    ],
    "05 penalty": [
        lambda sigma, lambda_, P: (sigma**2 * lambda_).sum() / (7 * P),
        lambda sigma, lambda_, P: (np.sort(sigma**2) * np.sort(lambda_)).sum() / (7 * P),
        lambda sigma, lambda_, P: (np.sort(sigma) * np.sort(lambda_)[::-1]).sum() / (7 * P),
        lambda sigma, lambda_, P: (np.sort(sigma**2) * np.sort(lambda_)[::-1]).sum() / P,
    ],
    "05 match": [
        match_row_by_row,
        lambda w, w_other: match_by(w, w_other, np.abs, normalise=False),
        lambda w, w_other: match_by(w, w_other, np.asarray),
        lambda w, w_other: match_by(w, w_other, lambda cos: -abs(cos)),
    ],
    "05 order": [
        lambda sigma: np.argsort(sigma),
        lambda sigma: np.argsort(np.argsort(-sigma)),
        lambda sigma: np.arange(len(sigma))[::-1],
        lambda sigma: np.argsort(np.argsort(sigma)) + 1,
    ],
    "05 step": [
        lambda w, z, x, sigma, eps, lr: w - lr * 2 * z.T @ (z @ w - x) / x.size,
        lambda w, z, x, sigma, eps, lr: (
            w - lr * 2 * z.T @ ((z + sigma * eps) @ w - x) / x.size  # the code without its noise
        ),
        lambda w, z, x, sigma, eps, lr: w + lr * 2 * (z + eps).T @ ((z + eps) @ w - x) / x.size,
        lambda w, z, x, sigma, eps, lr: (
            w - lr * 2 * (z + sigma * eps).T @ ((z + sigma * eps) @ w - x) / len(x)
        ),
        lambda w, z, x, sigma, eps, lr: w - lr * 2 * (z + eps).T @ ((z + eps) @ w - x) / x.size,
    ],
    "05 loop": [
        fit_wrongly(fresh=False, noisy_gradient=False),
        fit_wrongly(fresh=False, noisy_gradient=True),
        fit_wrongly(fresh=True, noisy_gradient=False),
        lambda w, z, x, sigma, lr, steps, rng: w,
    ],
    "05 nested": [
        lambda z, keep: np.where(np.arange(z.shape[1]) <= keep[:, None], z, 0),
        lambda z, keep: np.where(np.arange(z.shape[1])[::-1] < keep[:, None], z, 0),
        lambda z, keep: z[:, : keep.max()],
        lambda z, keep: np.where(np.arange(z.shape[1]) < keep[0], z, 0),
    ],
    "06 kl": [
        lambda m, S, n, T: kl_of_gaussians(n, T, m, S),
        lambda m, S, n, T: kl_of_gaussians(m, S, n, T) + np.linalg.slogdet(S)[1],
        lambda m, S, n, T: kl_of_gaussians(m, S, n, T) + len(m) / 2,
        lambda m, S, n, T: kl_of_gaussians(m, S, n, np.diag(np.diag(T))),
    ],
    "06 elbo": [
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, logvar, s).mean(),
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, logvar, s) + 2 * kl_of(mu, logvar),
        lambda x, x_hat, mu, logvar, s: -((x - x_hat) ** 2).sum(1) / 2 - kl_of(mu, logvar),
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, logvar, 0.5),
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, 2 * logvar, s),
    ],
    "06 hidden beta": [
        lambda n, D, summed: D,
        lambda n, D, summed: n * D,
        lambda n, D, summed: n if summed else 1,
        lambda n, D, summed: 1 / (n * D) if summed else 1 / D,
    ],
    "06 step": [
        lambda x, mu, logvar, eps, W: vae_step(x, mu, logvar, eps, W, power=1),
        lambda x, mu, logvar, eps, W: vae_step(x, mu, logvar, eps, W, pixels=np.mean),
        lambda x, mu, logvar, eps, W: vae_step(x, mu, logvar, eps, W, power=1, pixels=np.mean),
        lambda x, mu, logvar, eps, W: vae_step(x, mu, logvar, eps, W, numbers=np.mean),
        lambda x, mu, logvar, eps, W: vae_step(x, mu, logvar, eps, W) * len(x) * 2,
    ],
    "06 iwae": [
        lambda log_w: -np.log(np.exp(log_w).mean(axis=0)).mean(),
        lambda log_w: -np.mean(log_w),
        lambda log_w: -np.logaddexp.reduce(log_w).mean(),
        lambda log_w: (np.logaddexp.reduce(log_w) - np.log(len(log_w))).mean(),
        lambda log_w: -(np.logaddexp.reduce(log_w.ravel()) - np.log(log_w.size)),
        lambda log_w: -(np.logaddexp.reduce(log_w, axis=1) - np.log(log_w.shape[1])).mean(),
    ],
    "06 free bits": [
        lambda KL, lam: np.maximum(lam, KL).mean(axis=0).sum(),
        lambda KL, lam: np.maximum(lam, KL.sum(axis=1)).mean(),
        lambda KL, lam: np.minimum(lam, KL.mean(axis=0)).sum(),
        lambda KL, lam: np.maximum(lam, KL.mean(axis=0)).mean(),
        lambda KL, lam: np.maximum(0, KL.mean(axis=0) - lam).sum(),
    ],
    "07 bits": [
        lambda tables, picture: table_bits(tables, picture) * len(picture),
        lambda tables, picture: table_bits(tables, picture) * np.log(2),
        lambda tables, picture: table_bits(tables, 1 - picture),
        lambda tables, picture: -np.log2([t[0] for t in tables]).mean(),
        lambda tables, picture: table_bits([np.full(len(t), t.mean()) for t in tables], picture),
        lambda tables, picture: table_bits([t[::-1] for t in tables], picture),
    ],
    "07 column mask": [
        lambda h, w, kind: column_mask(w, h, kind).T,
        lambda h, w, kind: column_mask(w, h, kind).T[:h, :w],
        lambda h, w, kind: column_mask(h, w, "B"),
        lambda h, w, kind: column_mask(h, w, "A"),
        lambda h, w, kind: np.tri(h, w),
    ],
    "07 augment": [
        lambda x, rng: x,
        lambda x, rng: x[..., ::-1],
        lambda x, rng: augment(x, rng)[:, :, ::-1],
        lambda x, rng: np.clip(x * rng.uniform(0.9, 1.1, (len(x), 1, 1, 1)), 0, 1),
        lambda x, rng: np.clip(augment(x, rng) * rng.uniform(0.9, 1.1), 0, 1),
        lambda x, rng: augment(x, rng) * 1.1,
        lambda x, rng: np.clip(x[..., ::-1] * rng.uniform(0.9, 1.1, (len(x), 1, 1, 1)), 0, 1),
        lambda x, rng: np.clip(augment(x, rng) * rng.uniform(0.9, 1.1, (len(x), 3, 1, 1)), 0, 1),
    ],
    "07 nucleus": [
        lambda p, P: np.where(p >= P, p, 0),
        lambda p, P: nucleus(p, P) * p[nucleus(p, P) > 0].sum(),
        lambda p, P: np.sort(nucleus(p, P))[::-1],
        lambda p, P: nucleus_by_sorted(p, P, strict=True),
        lambda p, P: nucleus_by_sorted(p, 1.0),
    ],
    "07 table step": [
        lambda W, x, rate: table_step(W, x, -rate),
        lambda W, x, rate: table_step(W, x, rate * (len(x) - 1)),
        lambda W, x, rate: table_step(W, x[::-1], rate),
        lambda W, x, rate: table_step(W, x, 1.0),
        lambda W, x, rate: table_step(W.T, x, rate).T,
    ],
    "07 draw row": [
        lambda W, u, T: row_drawn(W, u, T, anew=False, normalise=False),
        lambda W, u, T: row_drawn(W, u, T, anew=False),
        lambda W, u, T: row_drawn(W, u, T, normalise=False),
        lambda W, u, T: draw_row(W, u, 1.0),
        lambda W, u, T: draw_row(W, 1 - u, T),
    ],
    "08 jump": [
        lambda beta, s, t: (np.prod(1 - beta[s:t]), 1 - np.prod(1 - beta[s:t])),
        lambda beta, s, t: jump(beta, 0, t),
        lambda beta, s, t: jump(beta, s, t)[::-1],
        lambda beta, s, t: (jump(beta, s, t)[0], np.sqrt(beta[s:t]).sum()),
        lambda beta, s, t: jump(beta, s, t - 1),
    ],
    "08 DDIM step": [
        lambda x, e, t, s: x,
        lambda x, e, t, s: (x - np.sqrt(1 - t) * e) / np.sqrt(t),
        lambda x, e, t, s: s * ddim_step(x, e, t, 1.0) + (1 - s) * e,
        lambda x, e, t, s: ddim_step(x, e, s, t),
    ],
    "08 best guess": [
        lambda x, data, a, b: x / a,
        lambda x, data, a, b: np.tile(data.mean(0), (len(x), 1)),
        lambda x, data, a, b: best_guess(x, data, 1, b),
        lambda x, data, a, b: best_guess(x, data, a, np.sqrt(b)),
        lambda x, data, a, b: data[((x[:, None] - a * data) ** 2).sum(2).argmin(1)],
        weights_of_zero,
    ],
    "08 guidance": [
        lambda x, free, told, a, b, w: guided_x0(x, free, told, a, b, w - 1),
        lambda x, free, told, a, b, w: guided_x0(x, told, free, a, b, w),
        lambda x, free, told, a, b, w: guided_x0(x, free, told, b, a, w),
        lambda x, free, told, a, b, w: x - b * ((1 + w) * told - w * free),
        lambda x, free, told, a, b, w: (1 + w) * told - w * free,
    ],
    "08 v step": [
        lambda W, x, eps, a, b, rate: v_step(W, x, eps, a, b, -rate),
        lambda W, x, eps, a, b, rate: v_step(W, x, eps, a, b, rate / 2),
        lambda W, x, eps, a, b, rate: v_step(W, x, eps, a, b, rate * len(x)),
        lambda W, x, eps, a, b, rate: v_step(W, x, -eps, a, b, rate),
        lambda W, x, eps, a, b, rate: v_step(W.T, x, eps, a, b, rate),
        v_step_towards_x_0,
    ],
    "08 come back": [
        lambda x, guess, bar, z: come_back(x, lambda y, t: guess(x, len(bar) - 1), bar, z),
        lambda x, guess, bar, z: come_back(x, guess, bar, 0 * z),
        lambda x, guess, bar, z: come_back(x, guess, bar, z[::-1]),
        lambda x, guess, bar, z: come_back(x, lambda y, t: guess(y, 1), bar, z),
        come_back_with_the_variance,
    ],
    "09 mean cosine": [
        lambda u: (u @ u.T).mean(),
        lambda u: (u.sum(0) ** 2).sum() / (len(u) * (len(u) - 1)),
        lambda u: mean_cosine(u) / 2,
        lambda u: u.mean(0) @ u.mean(0),
    ],
    "09 angles": [
        lambda a, b: np.arccos((a * b).sum(1).clip(-1, 1)),
        lambda a, b: np.arcsin(np.linalg.norm(np.cross(a, b), axis=1).clip(-1, 1)),
        lambda a, b: np.degrees(angles(a, b)),
        lambda a, b: np.linalg.norm(a - b, axis=1),
    ],
    "09 latitude": [
        lambda h, n: 2 * n**2 * h**4,
        lambda h, n: latitude_loss(h, n) / 2,
        lambda h, n: 2 * (n**2 * h**4 + n * ((1 - h**2) ** 2 / 2 + h**4)),
        lambda h, n: latitude_loss(h**2, n),
    ],
    "09 repel": [
        lambda u, rate: repel(u, -rate),
        lambda u, rate: u + rate * (len(u) * u - u.sum(0)),
        repel_without_normalising,
        repel_by_the_square,
    ],
    "09 settle": [
        lambda u, steps, rate: settle(u, 1, rate),
        lambda u, steps, rate: settle(u, steps, -rate),
        settle_off_the_sphere,
        settle_with_old_moments,
    ],
    "09 counterexample": [
        lambda: np.r_[np.eye(3), np.eye(3)] * 2,
        lambda: np.eye(3),
        lambda: np.c_[np.cos(np.arange(6)), np.sin(np.arange(6)), np.zeros(6)],
        lambda: counterexample()[:5],
    ],
    "10 E-step": [
        lambda x, w, m, s: shares(x, np.ones_like(w), m, s),
        lambda x, w, m, s: shares(x, w, m, np.ones_like(s)),
        lambda x, w, m, s: shares(x, w, m, np.sqrt(s)),
        lambda x, w, m, s: shares(x, w, m, s).T,
        shares_of_densities,
    ],
    "10 change of variables": [
        lambda x, m, s: log_p_sinh(x, m, s) + 2 * s,
        lambda x, m, s: log_p_sinh(x, m, s) + s,
        lambda x, m, s: log_p_sinh(x - m, m, s),
        lambda x, m, s: np.exp(log_p_sinh(x, m, s)),
        lambda x, m, s: log_p_sinh(x, m, s) + np.log(np.cosh(np.arcsinh((x - m) * np.exp(-s)))),
    ],
    "10 Heun": [
        euler,
        lambda v, x, steps: euler(v, x, 2 * steps),
        lambda v, x, steps: heun(lambda x, t: v(x, 0), x, steps),
        lambda v, x, steps: heun(v, x, steps + 1),
    ],
    "10 units": [
        lambda log_p, a: (log_p + np.log(a)) / np.log(2),
        lambda log_p, a: (log_p - 2 * np.log(a)) / np.log(2),
        lambda log_p, a: log_p + 2 * np.log(a),
        lambda log_p, a: -in_bits(log_p, a),
    ],
    "10 training step": [
        lambda A, b, x, z, t, rate: match_step(A, b, z, x, t, rate),
        lambda A, b, x, z, t, rate: match_step(A, b, x, z, 1 - t, rate),
        lambda A, b, x, z, t, rate: match_step(A, b, x, z, t, -rate),
        lambda A, b, x, z, t, rate: match_step(A, b, x, z, t, len(x) * rate),
        lambda A, b, x, z, t, rate: (match_step(A, b, x, z, t, rate)[0].T, b),
    ],
    "10 walk": [
        walk_as_printed,
        lambda slope, x, noise, h: walk(lambda x: -slope(x), x, noise, h),
        lambda slope, x, noise, h: walk(slope, x, np.sqrt(h) * noise, h),
        lambda slope, x, noise, h: walk(slope, x, noise[:1], h),
    ],
    "11 one call": [
        lambda z, data: z,
        lambda z, data: z + data.mean(0),
        lambda z, data: data[:1] + 0 * z,
        lambda z, data: np.tile(data.mean(0), (len(z) + 1, 1)),
    ],
    "11 score of velocity": [
        lambda v, x, t: (x - t * v) / (1 - t),
        lambda v, x, t: score_of_velocity(v, x, t) / (1 - t),
        lambda v, x, t: -(x + t * v) / (1 - t),
        lambda v, x, t: score_of_velocity(v, x, 1 - t) if t else -x,
    ],
    "11 matching step": [
        lambda W, x, eps, t, rate: matching_step(W, x, eps, t, -rate),
        lambda W, x, eps, t, rate: matching_step(W, x, eps, t, rate / 2),
        lambda W, x, eps, t, rate: matching_step(W, x, eps, t, rate * len(x)),
        lambda W, x, eps, t, rate: matching_step(W, eps, x, 1 - t, rate),
        lambda W, x, eps, t, rate: matching_step(W, x, eps, 1 - t, rate),
    ],
    "11 two m step": [
        lambda x, guess, before, r, t, s: x + (s - t) / (1 - t) * (guess - x),
        lambda x, guess, before, r, t, s: two_m_step(x, guess, 2 * before - guess, r, t, s),
        lambda x, guess, before, r, t, s: two_m_step(x, before, guess, r, t, s),
        lambda x, guess, before, r, t, s: x + (s - t) * (1.5 * guess - 0.5 * before - x),
    ],
    "11 walk": [
        lambda x, score, z, h: langevin(x, score, z * np.sqrt(h / 2), h),
        lambda x, score, z, h: langevin(x, lambda y: score(x), z, h),
        lambda x, score, z, h: langevin(x, score, z / np.sqrt(2), h),
        lambda x, score, z, h: langevin(x, score, z[:1], h),
    ],
    "12 velocity": [
        lambda x, t, data: data.mean(axis=0) - x,
        lambda x, t, data: velocity(x, t, data) * (1 - t),
        lambda x, t, data: velocity(x, t, t * data),
        velocity_of_unsafe_weights,
    ],
    "12 drift": [
        lambda q, p, tau: near(q, p, tau, False) - near(q, q, tau, False),
        lambda q, p, tau: near(q, p, tau, False) - q,
        lambda q, p, tau: -drift_1d(q, p, tau),
        lambda q, p, tau: drift_1d(q, p, tau / 2**0.5),
        lambda q, p, tau: drift_1d(p, q, tau),
    ],
    "12 boundary": [
        lambda u, x, t, end: u(x, t),
        lambda u, x, t, end: x + (1 - t)[:, None] * u(x, t),
        lambda u, x, t, end: x + t[:, None] * u(x, t),
        lambda u, x, t, end: x - (end - t)[:, None] * u(x, t),
    ],
    "12 mean flow step": [
        mean_flow_step_that_leaks,
        lambda theta, x, t, h, v, rate: mean_flow_step(theta, x, t, 0 * h, v, rate),
        lambda theta, x, t, h, v, rate: mean_flow_step(theta, x, t, h, v, -rate),
        lambda theta, x, t, h, v, rate: mean_flow_step(theta, x, t, h, v, len(x) * rate),
    ],
    "12 leak": [
        lambda theta, batches, rate: fit_mean_flow_wrongly(theta, batches, rate, True, 1),
        lambda theta, batches, rate: fit_mean_flow_wrongly(theta, batches, rate, True, -1),
        lambda theta, batches, rate: fit_mean_flow_wrongly(theta, batches, rate, False, 1),
        lambda theta, batches, rate: fit_mean_flow(theta, batches[:1], rate),
    ],
    "12 two calls": [
        lambda f, z, fresh, t: f(f(z, 0.0), t),
        lambda f, z, fresh, t: f(t * fresh + (1 - t) * f(z, 0.0), t),
        lambda f, z, fresh, t: f((1 - t) * z + t * f(z, 0.0), t),
        lambda f, z, fresh, t: f((1 - t) * fresh + t * f(z, 0.0), 0.0),
    ],
}


def run(source, name):
    scope = {"np": np, "torch": torch, "F": F}
    exec(source.replace("from course_utils.checks import check", ""), scope)
    return scope[name]


def test_there_are_exercises():
    assert len(TASKS) >= 4


@pytest.mark.parametrize("name", TASKS)
def test_the_stub_is_not_tried_and_the_solution_is_right(name):
    _, function, stub, solution = TASKS[name]
    assert checks.grade(name, run(stub, function))[0] == "not tried"
    verdict, text = checks.grade(name, run(solution, function))
    assert verdict == "right", text


@pytest.mark.parametrize("name", TASKS)
def test_wrong_answers_are_rejected(name):
    assert len(WRONG[name]) >= 2
    for number, answer in enumerate(WRONG[name]):
        verdict, text = checks.grade(name, answer)
        assert verdict == "wrong", f"wrong answer {number} of {name!r} passed"
        assert any(word in text for word in ("expected", "raised", "points")), text
