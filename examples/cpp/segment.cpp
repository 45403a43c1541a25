// Usage: segment MODEL. Segments an empty CT, then cancels, then fails, to show all three.
#include "anatomynet.hpp"

#include <iostream>

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    try {
        const anatomynet::Model model(argv[1]);
        const std::vector<int16_t> ct(48 * 40 * 32, -1000);
        const anatomynet::Volume volume{ct.data(), {48, 40, 32}, {2.5, 2.5, 2.5}};
        const auto labels = model.segment(volume);
        std::cout << "voxel 0 is " << model.class_names().at(labels.at(0)) << "\n";

        anatomynet::Options options;
        options.progress = [](double) { return false; };
        try {
            model.segment(volume, options);
            return 1;
        } catch (const anatomynet::Cancelled &) {
            std::cout << "cancelled\n";
        }

        options.progress = [](double) -> bool { throw std::runtime_error("from the callback"); };
        try {
            model.segment(volume, options);
            return 1;
        } catch (const std::runtime_error &error) {
            std::cout << "caught " << error.what() << "\n";
        }

        anatomynet::Model("/nonexistent");
        return 1;
    } catch (const anatomynet::Error &error) {
        std::cout << "error " << error.status() << ": " << error.what() << "\n";
        return error.status() == ANATOMYNET_ERROR_FILE ? 0 : 1;
    }
}
