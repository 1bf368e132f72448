{# The order that the intervals lie in: the last row of a person and start is the one of the newest delivery. #}
{%- set in_order -%}
    order by
        pnr nulls first,
        hf_vfra nulls first,
        period_end nulls first,
        hf_vtil nulls first,
        hfaudd nulls first
{%- endset -%}
with
    delivered_intervals as (
        select
            *,
            lead(pnr) over ({{ in_order }}) as next_pnr,
            lead(hf_vfra) over ({{ in_order }}) as next_start
        from {{ ref("uddf") }}
        where pnr is not null and hf_vfra is not null
    ),

    newest_intervals as (
        select
            pnr,
            hf_vfra as valid_from,
            least(
                coalesce(hf_vtil, cast('9999-12-31' as date)),
                case
                    when next_pnr = pnr then cast(next_start - interval '1 day' as date)
                end
            ) as valid_to,
            case
                when ltrim(hfaudd, '0') = '' then '0' else ltrim(hfaudd, '0')
            end as hfaudd,
            instnr as institution_number,
            hf_kilde as information_source,
            period_end as delivered_until
        from delivered_intervals
        where (next_pnr is distinct from pnr) or (next_start is distinct from hf_vfra)
    ),

    educations as (
        select
            newest_intervals.pnr,
            newest_intervals.valid_from,
            newest_intervals.valid_to,
            newest_intervals.hfaudd,
            levels_of_codes.isced_level,
            levels.education_group,
            newest_intervals.institution_number,
            newest_intervals.information_source,
            newest_intervals.delivered_until
        from newest_intervals
        left join
            {{ ref("hfaudd_isced") }} as levels_of_codes
            on levels_of_codes.hfaudd = newest_intervals.hfaudd
        left join
            {{ ref("isced_levels") }} as levels
            on levels.code = levels_of_codes.isced_level
    )

select *
from educations
