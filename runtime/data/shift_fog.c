// shift_fog.c -- fog(strength, decay): a cloud drawn for the row, added and scaled back so that
// white stays white. Hendrycks and Dietterich 2019; the cloud is midpoint displacement on a square
// of side 2^k that is closed to a torus (Fournier, Fussell, Carpenter 1982). Results are clipped to
// 0..1.
#include "data/shift_impl.h"

#include "base/mem.h"

struct cloud {
    size_t side; // a power of two, no less than the image's sides
    double *at;  // side x side
};

static double chance(struct rng *rng, double reach)
{
    return reach * (2 * rng_unit(rng) - 1);
}

// The mean of the four points at distance (dx, dy), turned by quarters, and some chance.
static double displaced(const struct cloud *cloud, size_t row, size_t column, size_t half,
                        bool diamond, double random)
{
    size_t mask = cloud->side - 1, up = (row - half) & mask, down = (row + half) & mask;
    size_t left = (column - half) & mask, right = (column + half) & mask, side = cloud->side;
    const double *at = cloud->at;
    double sum = diamond ? at[up * side + column] + at[down * side + column] +
                               at[row * side + left] + at[row * side + right]
                         : at[up * side + left] + at[up * side + right] + at[down * side + left] +
                               at[down * side + right];
    return sum / 4 + random;
}

static void draw_cloud(const struct cloud *cloud, struct rng *rng, double decay)
{
    size_t side = cloud->side;
    double reach = 1;
    cloud->at[0] = 0;
    for (size_t step = side; step >= 2; step /= 2, reach /= decay) {
        size_t half = step / 2;
        for (size_t row = half; row < side; row += step) // centres of squares
            for (size_t column = half; column < side; column += step)
                cloud->at[row * side + column] =
                    displaced(cloud, row, column, half, false, chance(rng, reach));
        for (size_t row = 0; row < side; row += half) // middles of their edges
            for (size_t column = row % step == 0 ? half : 0; column < side; column += step)
                cloud->at[row * side + column] =
                    displaced(cloud, row, column, half, true, chance(rng, reach));
    }
    double least = cloud->at[0], most = cloud->at[0];
    for (size_t i = 1; i < side * side; i++) {
        least = cloud->at[i] < least ? cloud->at[i] : least;
        most = cloud->at[i] > most ? cloud->at[i] : most;
    }
    for (size_t i = 0; i < side * side; i++)
        cloud->at[i] = most > least ? (cloud->at[i] - least) / (most - least) : 0;
}

static void add_fog(float *out, const float *in, const struct shift_job *job, struct rng *rng,
                    const void *context)
{
    const struct cloud *cloud = context;
    const struct image_shape *image = &job->table->image;
    double white = 0;
    for (size_t i = 0; i < job->table->d; i++)
        white = in[i] > white ? in[i] : white;
    draw_cloud(cloud, rng, value_arg_number(job->call, "decay"));
    double back = white > 0 ? white / (white + job->strength) : 0;
    for (size_t i = 0; i < job->table->d; i++) {
        size_t pixel = i / image->channels;
        double thick = cloud->at[pixel / image->width * cloud->side + pixel % image->width];
        out[i] = shift_clip((in[i] + job->strength * thick) * back);
    }
}

int shift_fog(float *x, const struct shift_job *job, struct err *err)
{
    const struct image_shape *image = &job->table->image;
    struct cloud cloud = {.side = 1};
    while (cloud.side < image->height || cloud.side < image->width)
        cloud.side *= 2;
    cloud.at = mem_try(cloud.side, cloud.side * sizeof *cloud.at, "the cloud of fog()", err);
    if (cloud.at == NULL)
        return -1;
    int status = shift_each(x, job, add_fog, &cloud, err);
    mem_free(cloud.at);
    return status;
}
