// An RAII wrapper around libanatomynet to copy into your own program. C++17.
//
// Not for clinical use.
#pragma once

#include <anatomynet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace anatomynet {

// A call that failed: its status and a sentence for a person.
class Error : public std::runtime_error {
public:
    explicit Error(int32_t status)
        : std::runtime_error(std::string(anatomynet_status_name(status)) + ": " + anatomynet_last_error()),
          status_(status) {}

    int32_t status() const noexcept { return status_; }

private:
    int32_t status_;
};

// A segmentation that its progress function stopped.
class Cancelled : public Error {
public:
    using Error::Error;
};

inline void check(int32_t status) {
    if (status == ANATOMYNET_CANCELLED) throw Cancelled(status);
    if (status != ANATOMYNET_OK) throw Error(status);
}

// A CT that somebody else owns: int16 HU, dense, x fastest, in DICOM LPS.
struct Volume {
    const int16_t *voxels;
    std::array<int64_t, 3> dimensions;
    std::array<double, 3> spacing{0, 0, 0}; // mm; 0, 0, 0: unknown
    std::array<double, 3> origin{0, 0, 0};  // mm
    std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};

    // Voxels. Dimensions that the library refuses throw before anybody allocates for them.
    std::size_t count() const {
        std::size_t count = 1;
        for (int64_t extent : dimensions) {
            if (extent < 1 || static_cast<std::size_t>(extent) > std::numeric_limits<std::ptrdiff_t>::max() / count)
                throw std::invalid_argument("a dimension is not positive, or the volume is too large");
            count *= static_cast<std::size_t>(extent);
        }
        return count;
    }
};

struct Options {
    uint32_t threads = 0;      // 0: what the process may use
    uint64_t memory_limit = 0; // bytes; 0: none
    // Receives the finished fraction; returns whether to go on. It may throw: the exception
    // arrives at the caller of Model::segment.
    std::function<bool(double)> progress;
};

// A loaded network. Movable; one may be used by any number of threads at once.
class Model {
public:
    explicit Model(const std::string &path) {
        anatomynet_model *model = nullptr;
        check(anatomynet_load(path.c_str(), nullptr, &model));
        handle_.reset(model);
    }

    std::vector<std::string> class_names() const {
        std::vector<std::string> names;
        for (uint32_t label = 0; label < anatomynet_model_class_count(handle_.get()); label++)
            names.emplace_back(anatomynet_model_class_name(handle_.get(), label));
        return names;
    }

    // Empty for a model that was moved from.
    std::string fingerprint() const {
        const char *digits = anatomynet_model_fingerprint(handle_.get());
        return digits ? digits : "";
    }

    // One label a voxel, dense, x fastest.
    std::vector<uint8_t> segment(const Volume &volume, const Options &options = {}) const {
        anatomynet_volume ct;
        anatomynet_volume_init(&ct, sizeof ct);
        ct.voxel_type = ANATOMYNET_INT16;
        ct.voxels = volume.voxels;
        ct.voxels_bytes = volume.count() * sizeof(int16_t);
        for (int i = 0; i < 3; i++) {
            ct.dimensions[i] = volume.dimensions[i];
            ct.spacing[i] = volume.spacing[i];
            ct.origin[i] = volume.origin[i];
        }
        for (int i = 0; i < 9; i++) ct.direction[i] = volume.direction[i];

        Progress progress{options.progress, nullptr};
        anatomynet_segment_options settings;
        anatomynet_segment_options_init(&settings, sizeof settings);
        settings.threads = options.threads;
        settings.memory_limit = options.memory_limit;
        settings.progress = options.progress ? &Progress::call : nullptr;
        settings.progress_user = &progress;

        std::vector<uint8_t> labels(volume.count());
        int32_t status = anatomynet_segment(handle_.get(), &ct, &settings, labels.data(), labels.size(), nullptr);
        if (progress.thrown) std::rethrow_exception(progress.thrown);
        check(status);
        return labels;
    }

private:
    // No exception may pass through C: it is kept, the call cancelled, and rethrown after it.
    struct Progress {
        const std::function<bool(double)> &function;
        std::exception_ptr thrown;

        static int32_t call(double fraction, void *user) noexcept {
            auto *self = static_cast<Progress *>(user);
            try {
                return self->function(fraction) ? 0 : 1;
            } catch (...) {
                self->thrown = std::current_exception();
                return 1;
            }
        }
    };

    struct Free {
        void operator()(anatomynet_model *model) const noexcept { anatomynet_free(model); }
    };

    std::unique_ptr<anatomynet_model, Free> handle_;
};

} // namespace anatomynet
