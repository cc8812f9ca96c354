// An Adam in C behind adamcheck's protocol: cc -O2 -o adam adam.c -lm && adamcheck verify "exec:./adam"
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Yours: step t = 1, 2, ... of n parameters. Put your function here, or include it and call it.
static void adam(double *theta, const double *g, double *m, double *v, size_t n, int t, double lr, double b1,
                 double b2, double eps) {
    for (size_t i = 0; i < n; ++i) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
        theta[i] -= lr * (m[i] / (1 - pow(b1, t))) / (sqrt(v[i] / (1 - pow(b2, t))) + eps);
    }
}

// The protocol, which may stay as it is.
static const char *numbers(const char *at, double **into, size_t *n) { // as in "0x1p+0","0x1p-1"], to the bracket
    for (*n = 0; *at && *at != ']'; ++at)
        if (*at == '"') {
            char *end; // strtod reads what %a prints
            *into = realloc(*into, (*n + 1) * sizeof(double));
            (*into)[(*n)++] = strtod(at + 1, &end);
            at = end;
        }
    return at;
}
static double number(const char *line, const char *key) {
    const char *at = strstr(line, key);
    return at ? strtod(at + strlen(key), NULL) : 0;
}

int main(void) {
    char *line = NULL;
    size_t room = 0, n = 0, given = 0;
    int t = 0;
    double *theta = NULL, *g = NULL, *m = NULL, *v = NULL, lr = 0, b1 = 0, b2 = 0, eps = 0;
    while (getline(&line, &room, stdin) > 0 && !strstr(line, "\"stop\"")) {
        const char *at = strstr(line, "\"parameters\":[");
        if (at && strstr(line, "\"start\"")) {
            numbers(at + 14, &theta, &n), free(m), free(v), t = 0;
            m = calloc(n + 1, sizeof(double)), v = calloc(n + 1, sizeof(double));
            lr = number(line, "\"lr\":\""), b1 = number(line, "\"beta1\":\"");
            b2 = number(line, "\"beta2\":\""), eps = number(line, "\"eps\":\"");
        }
        printf("{\"protocol\":1,\"library\":\"adam.c\",\"version\":\"1.0\",");
        printf("\"dtypes\":[\"float64\"],\"ok\":true,\"parameters\":[");
        at = strstr(line, "\"gradients\":[");
        for (at = at ? at + 13 : at; at && (at = strchr(at, '[')) != NULL;) {
            at = numbers(at, &g, &given), adam(theta, g, m, v, n, ++t, lr, b1, b2, eps);
            for (size_t i = 0; i < n; ++i) printf("%s\"%a\"", i ? "," : "[", theta[i]);
            printf(n ? "]" : "[]"), printf(strchr(at, '[') ? "," : "");
        }
        puts("]}"), fflush(stdout);
    }
}
