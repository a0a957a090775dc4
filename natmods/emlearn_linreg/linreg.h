// SPDX-License-Identifier: MIT
// Linear regression with an elastic net penalty, trained by gradient descent, in plain C.
//
// The objective is scikit-learn's ElasticNet: mean squared error / 2 + alpha l1_ratio |w| +
// alpha (1 - l1_ratio) |w|^2 / 2, with no penalty on the bias. The L1 part is applied after each step as
// a threshold (proximal gradient), so that weights become exactly 0.
#ifndef SENSORD_LINREG_H
#define SENSORD_LINREG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t n_features;
    float alpha, l1_ratio, learning_rate, bias;
    float *weights;
    double *gradients;
} linreg_t;

static inline bool linreg_is_finite(const float *values, size_t n) {
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        finite &= values[i] - values[i] == 0.0f;
    }
    return finite;
}

static inline float linreg_predict(const linreg_t *m, const float *features) {
    double sum = (double)m->bias;
    for (size_t i = 0; i < m->n_features; i++) {
        sum += (double)m->weights[i] * (double)features[i];
    }
    return (float)sum;
}

static inline double linreg_shrink(double weight, double by) {
    return weight > by ? weight - by : weight < -by ? weight + by : 0.0;
}

// One step down the gradient of n samples, at least one.
static inline void linreg_step(linreg_t *m, const float *x, const float *y, size_t n) {
    double bias_gradient = 0.0;
    for (size_t j = 0; j < m->n_features; j++) {
        m->gradients[j] = 0.0;
    }
    for (size_t i = 0; i < n; i++, x += m->n_features) {
        const double error = (double)linreg_predict(m, x) - (double)y[i];
        bias_gradient += error;
        for (size_t j = 0; j < m->n_features; j++) {
            m->gradients[j] += error * (double)x[j];
        }
    }
    const double count = (double)(uint32_t)n, rate = (double)m->learning_rate;
    const double l1 = (double)m->alpha * (double)m->l1_ratio, l2 = (double)m->alpha - l1;
    for (size_t j = 0; j < m->n_features; j++) {
        const double weight = (double)m->weights[j];
        const double gradient = m->gradients[j] / count + l2 * weight;
        m->weights[j] = (float)linreg_shrink(weight - rate * gradient, rate * l1);
    }
    m->bias = (float)((double)m->bias - rate * bias_gradient / count);
}

// The mean squared error of n samples, at least one.
static inline double linreg_mse(const linreg_t *m, const float *x, const float *y, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++, x += m->n_features) {
        const double error = (double)linreg_predict(m, x) - (double)y[i];
        sum += error * error;
    }
    return sum / (double)(uint32_t)n;
}

// The settings of a training, and how it ended.
typedef struct {
    uint32_t max_iterations, check_interval;
    double tolerance, divergence_factor, score_limit; // the last is below 0 if there is none
    bool converged, diverged;
    double mse;
} linreg_training_t;

// Steps until the error stops changing, grows or is low enough; computes it every check_interval steps.
// Returns the number of the last step, from 0; `mse` is then the last good error.
static inline uint32_t linreg_train(linreg_t *m, const float *x, const float *y, size_t n,
                                    linreg_training_t *t) {
    const double infinite = __builtin_inf();
    t->mse = infinite;
    uint32_t i = 0;
    for (;; i++) {
        linreg_step(m, x, y, n);
        if (i % t->check_interval == 0) {
            const double mse = linreg_mse(m, x, y, n);
            const double change = mse < t->mse ? t->mse - mse : mse - t->mse;
            t->diverged = !(mse <= t->mse * t->divergence_factor) || mse == infinite;
            if (t->diverged) {
                return i;
            }
            t->converged = (change < t->tolerance && i / 2 > t->check_interval) || mse <= t->score_limit;
            t->mse = mse;
            if (t->converged) {
                return i;
            }
        }
        if (i + 1 >= t->max_iterations) {
            return i;
        }
    }
}

#endif
