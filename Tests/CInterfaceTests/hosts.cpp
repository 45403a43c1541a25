// What a C++11 host does: exceptions, many threads on one model, cancelling, loading often, idling.
#include <anatomynet.h>

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

struct Volume {
    std::vector<int16_t> voxels;
    anatomynet_volume header;

    Volume(int nx, int ny, int nz, int seed) : voxels(static_cast<size_t>(nx) * ny * nz) {
        uint32_t state = 12345u + static_cast<uint32_t>(seed);
        for (auto &voxel : voxels) {
            state = state * 1664525u + 1013904223u;
            voxel = static_cast<int16_t>(static_cast<int>(state >> 21) - 1024);
        }
        anatomynet_volume_init(&header, sizeof header);
        header.voxel_type = ANATOMYNET_INT16;
        header.voxels = voxels.data();
        header.voxels_bytes = voxels.size() * sizeof(int16_t);
        header.dimensions[0] = nx;
        header.dimensions[1] = ny;
        header.dimensions[2] = nz;
    }

    std::vector<uint8_t> labels(const anatomynet_model *model, uint32_t threads) const {
        std::vector<uint8_t> result(voxels.size());
        anatomynet_segment_options options;
        anatomynet_segment_options_init(&options, sizeof options);
        options.threads = threads;
        if (anatomynet_segment(model, &header, &options, result.data(), result.size(), nullptr)) result.clear();
        return result;
    }
};

double cpuSeconds() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1e-6 * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

long residentKilobytes() {
    long pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int threadCount() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.compare(0, 8, "Threads:") == 0) return std::stoi(line.substr(8));
    return -1;
}

struct Progress {
    double last = -1;
    double cancelAt = 2;
    int calls = 0;
    bool ordered = true;
    std::thread::id thread = std::this_thread::get_id();
    bool sameThread = true;
    std::chrono::steady_clock::time_point asked;
};

extern "C" int32_t report(double fraction, void *user) {
    auto &progress = *static_cast<Progress *>(user);
    progress.ordered = progress.ordered && fraction >= progress.last && fraction >= 0 && fraction <= 1;
    progress.sameThread = progress.sameThread && std::this_thread::get_id() == progress.thread;
    progress.last = fraction;
    ++progress.calls;
    if (fraction < progress.cancelAt) return 0;
    progress.asked = std::chrono::steady_clock::now();
    return 1;
}

void manyThreads(const anatomynet_model *model) {
    std::vector<Volume> volumes;
    std::vector<std::vector<uint8_t>> expected;
    for (int i = 0; i < 8; ++i) {
        volumes.emplace_back(20 + 3 * i, 33 - i, 17 + i, i);
        expected.push_back(volumes.back().labels(model, 1));
        CHECK(!expected.back().empty());
    }
    std::atomic<int> wrong(0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int run = 0; run < 5; ++run)
                if (volumes[i].labels(model, 1 + run % 4) != expected[i]) ++wrong;
            // The message belongs to the thread that failed.
            anatomynet_model *none = nullptr;
            const std::string path = "/nonexistent/" + std::to_string(i);
            if (anatomynet_load(path.c_str(), nullptr, &none) != ANATOMYNET_ERROR_FILE ||
                std::strstr(anatomynet_last_error(), path.c_str()) == nullptr)
                ++wrong;
        });
    for (auto &thread : threads) thread.join();
    CHECK(wrong == 0);
}

void progressAndCancel(const anatomynet_model *model) {
    const Volume volume(120, 112, 96, 1);
    anatomynet_segment_options options;
    anatomynet_segment_options_init(&options, sizeof options);
    options.progress = report;
    std::vector<uint8_t> labels(volume.voxels.size(), 0xA5);

    for (uint32_t threads : {1u, 0u}) {
        Progress whole;
        options.threads = threads;
        options.progress_user = &whole;
        CHECK(anatomynet_segment(model, &volume.header, &options, labels.data(), labels.size(), nullptr) ==
              ANATOMYNET_OK);
        CHECK(whole.ordered && whole.sameThread && whole.last == 1);
        // Every 20 ms; one thread takes a few hundred, many may be too fast.
        CHECK(threads == 0 || whole.calls > 3);
    }

    for (double fraction : {0.0, 0.3, 0.5, 0.9}) {
        std::fill(labels.begin(), labels.end(), 0xA5);
        Progress half;
        half.cancelAt = fraction;
        options.progress_user = &half;
        CHECK(anatomynet_segment(model, &volume.header, &options, labels.data(), labels.size(), nullptr) ==
              ANATOMYNET_CANCELLED);
        const std::chrono::duration<double> late = std::chrono::steady_clock::now() - half.asked;
        CHECK(late.count() < 1);
        CHECK(half.last >= fraction);
        CHECK(labels == std::vector<uint8_t>(labels.size(), 0xA5));
    }
}

void idle(const anatomynet_model *model) {
    const Volume volume(64, 64, 64, 2);
    CHECK(!volume.labels(model, 0).empty());
    // The threads are told to end during the call and may take a moment to do so.
    for (int i = 0; i < 100 && threadCount() > 1; ++i) usleep(1000);
    CHECK(threadCount() == 1);
    const double before = cpuSeconds();
    sleep(1);
    CHECK(cpuSeconds() - before < 0.02);
}

void keptMemory(const char *path) {
    anatomynet_load_options options;
    anatomynet_load_options_init(&options, sizeof options);
    options.keep_memory = 1;
    anatomynet_model *model = nullptr;
    CHECK(anatomynet_load(path, &options, &model) == ANATOMYNET_OK);
    if (model == nullptr) return;
    manyThreads(model);
    const Volume volume(128, 128, 64, 3);
    const long before = residentKilobytes();
    const auto labels = volume.labels(model, 1);
    const long kept = residentKilobytes();
    CHECK(volume.labels(model, 1) == labels);
    CHECK(residentKilobytes() - kept < 4096);
    anatomynet_free(model);
    // A good third of the 80 MB that a call of this size takes: the heap, and smaller calls before, keep some.
    CHECK(kept - before > 30000);
    CHECK(residentKilobytes() - before < 4096);
}

void loadingOften(const char *path) {
    long before = 0;
    int loaded = 0, refused = 0;
    for (int i = 0; i < 1000; ++i) {
        anatomynet_model *model = nullptr;
        const int32_t status = anatomynet_load(path, nullptr, &model);
        anatomynet_free(model);
        refused += anatomynet_load("/nonexistent", nullptr, &model) == ANATOMYNET_ERROR_FILE;
        loaded += status == ANATOMYNET_OK;
        if (i == 100) before = residentKilobytes();
    }
    CHECK(loaded == 1000 && refused == 1000);
    // 900 models of 200 KB each would be 180 MB.
    CHECK(residentKilobytes() - before < 2048);
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    anatomynet_model *model = nullptr;
    CHECK(anatomynet_load(argv[1], nullptr, &model) == ANATOMYNET_OK);
    if (model != nullptr) {
        manyThreads(model);
        progressAndCancel(model);
        keptMemory(argv[1]);
        idle(model);
    }
    anatomynet_free(model);
    loadingOften(argv[1]);
    return finish("hosts");
}
