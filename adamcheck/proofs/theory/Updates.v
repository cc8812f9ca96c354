(* Every order in which programs evaluate the update from the moments, each as good as the order of the
   definition with at most four roundings per operation, and so within the radius of its rules.

   In the other orders no product, quotient or root underflows; the order of the definition may. *)

Require Import Reals Lra Lia Psatz ZArith.
From Flocq Require Import Raux.
From Adamcheck Require Import Rounding Radius.
Open Scope R_scope.

(* --- formulas -------------------------------------------------------------------------------- *)

Inductive formula :=
  | Number (x : R)
  | Product (a b : formula)
  | Quotient (a b : formula)
  | Root (a : formula)
  | Total (a b : formula).

Inductive evaluates (u : R) : formula -> R -> Prop :=
  | number x : evaluates u (Number x) x
  | product_of a b X Y Z :
      evaluates u a X -> evaluates u b Y -> rounds u 0 (X * Y) Z -> evaluates u (Product a b) Z
  | quotient_of a b X Y Z :
      evaluates u a X -> evaluates u b Y -> rounds u 0 (X / Y) Z -> evaluates u (Quotient a b) Z
  | root_of a X Z : evaluates u a X -> rounds u 0 (sqrt X) Z -> evaluates u (Root a) Z
  | total_of a b X Y Z :
      evaluates u a X -> evaluates u b Y -> rounds u 0 (X + Y) Z -> evaluates u (Total a b) Z.

Inductive denominator_form := RootOfQuotient | QuotientOfRoots | ReciprocalOfRoot.

Inductive update_form :=
  | Textbook (d : denominator_form)      (* (lr (m / c1)) / d *)
  | Reciprocal (d : denominator_form)    (* (lr (m (1 / c1))) / d *)
  | RateLast (d : denominator_form)      (* lr ((m / c1) / d) *)
  | StepSize (d : denominator_form)      (* (lr / c1) (m / d) *)
  | StepSizeFirst (d : denominator_form) (* ((lr / c1) m) / d *)
  | RateInDenominator                    (* m / (sqrt v / (sqrt c2 (lr / c1)) + eps / (lr / c1)) *)
  | Folded.                              (* ((lr sqrt c2 / c1) m) / (sqrt v + eps sqrt c2) *)

Definition denominator_formula (d : denominator_form) (V C2 E : R) : formula :=
  let v := Number V in let c := Number C2 in
  Total (match d with
         | RootOfQuotient => Root (Quotient v c)
         | QuotientOfRoots => Quotient (Root v) (Root c)
         | ReciprocalOfRoot => Product (Root v) (Quotient (Number 1) (Root c))
         end) (Number E).

Definition update_formula (f : update_form) (LR M V C1 C2 E : R) : formula :=
  let lr := Number LR in let m := Number M in let c1 := Number C1 in let eps := Number E in
  let denominator d := denominator_formula d V C2 E in
  match f with
  | Textbook d => Quotient (Product lr (Quotient m c1)) (denominator d)
  | Reciprocal d => Quotient (Product lr (Product m (Quotient (Number 1) c1))) (denominator d)
  | RateLast d => Product lr (Quotient (Quotient m c1) (denominator d))
  | StepSize d => Product (Quotient lr c1) (Quotient m (denominator d))
  | StepSizeFirst d => Quotient (Product (Quotient lr c1) m) (denominator d)
  | RateInDenominator =>
      Quotient m (Total (Quotient (Root (Number V)) (Product (Root (Number C2)) (Quotient lr c1)))
                        (Quotient eps (Quotient lr c1)))
  | Folded =>
      Quotient (Product (Quotient (Product lr (Root (Number C2))) c1) m)
               (Total (Root (Number V)) (Product eps (Root (Number C2))))
  end.

(* --- the order of the definition ------------------------------------------------------------- *)

Definition near (k w scale z Z : R) := Rabs (Z - z) <= k * scale + w.

(* m_hat, v_hat, the root, the denominator, the numerator, the update: k and an absolute error for each. *)
Definition in_order (k wm wv ws wd wn wq LR M V C1 C2 E Z : R) :=
  exists MH VH S D P,
    near k wm (Rabs (M / C1)) (M / C1) MH /\ near k wv (Rabs (V / C2)) (V / C2) VH /\ 0 <= VH
    /\ near k ws (sqrt VH) (sqrt VH) S /\ near k wd (Rabs S + Rabs E) (S + E) D
    /\ near k wn (Rabs (LR * MH)) (LR * MH) P /\ near k wq (Rabs (P / D)) (P / D) Z.

Definition m_hat_radius (k wm m rm c1 rc1 : R) := quotient_radius k wm m rm c1 rc1.
Definition denominator_radius (k wv ws wd v rv c2 rc2 eps reps : R) :=
  let r := quotient_radius k wv v rv c2 rc2 in
  let root := if Rlt_dec r (v / c2) then root_radius k ws (v / c2) r
              else root_of_nearly_zero_radius k ws (v / c2) r in
  sum_radius k wd (sqrt (v / c2)) root eps reps.
Definition update_radius (k wm wv ws wd wn wq lr rlr m rm v rv c1 rc1 c2 rc2 eps reps : R) :=
  quotient_radius k wq
    (lr * (m / c1)) (product_radius k wn lr rlr (m / c1) (m_hat_radius k wm m rm c1 rc1))
    (sqrt (v / c2) + eps) (denominator_radius k wv ws wd v rv c2 rc2 eps reps).

Theorem update_in_order (k wm wv ws wd wn wq lr rlr m rm v rv c1 rc1 c2 rc2 eps reps LR M V C1 C2 E Z : R) :
  0 <= k -> 0 <= v -> 0 < c2 ->
  within rlr lr LR -> within rm m M -> within rv v V -> within rc1 c1 C1 -> within rc2 c2 C2 ->
  within reps eps E -> rc1 < Rabs c1 -> rc2 < Rabs c2 ->
  denominator_radius k wv ws wd v rv c2 rc2 eps reps < Rabs (sqrt (v / c2) + eps) ->
  in_order k wm wv ws wd wn wq LR M V C1 C2 E Z ->
  within (update_radius k wm wv ws wd wn wq lr rlr m rm v rv c1 rc1 c2 rc2 eps reps)
         (lr * (m / c1) / (sqrt (v / c2) + eps)) Z.
Proof.
  intros K PV PC HLR HM HV HC1 HC2 HE L1 L2 LD (MH & VH & S & D & P & A1 & A2 & A3 & A4 & A5 & A6 & A7).
  unfold near in *. unfold update_radius.
  assert (RM : within (m_hat_radius k wm m rm c1 rc1) (m / c1) MH) by (apply quotient with M C1; assumption).
  assert (RV : within (quotient_radius k wv v rv c2 rc2) (v / c2) VH) by (apply quotient with V C2; assumption).
  assert (RD : within (denominator_radius k wv ws wd v rv c2 rc2 eps reps) (sqrt (v / c2) + eps) D).
  { unfold denominator_radius. apply sum with S E; try assumption.
    destruct (Rlt_dec (quotient_radius k wv v rv c2 rc2) (v / c2)) as [L | _].
    - apply root with VH; assumption.
    - apply root_of_nearly_zero with VH; try assumption.
      apply Rmult_le_pos; [exact PV | left; apply Rinv_0_lt_compat; exact PC]. }
  apply quotient with P D; try assumption.
  apply product with LR MH; assumption.
Qed.

(* --- factors --------------------------------------------------------------------------------- *)

Section Factors.
Variable u : R.
Hypothesis u_positive : 0 <= u.
Hypothesis small : u <= / 16.

Lemma factor_positive (n : nat) (f : R) : factor u n f -> 0 < f.
Proof.
  intros F. induction F as [|n f d _ IH D|n f d _ IH D]; [lra | |]; apply Rabs_le_inv in D.
  - apply Rmult_lt_0_compat; lra.
  - apply Rdiv_lt_0_compat; lra.
Qed.

Lemma factor_product (n m : nat) (f g : R) : factor u n f -> factor u m g -> factor u (m + n) (f * g).
Proof.
  intros F G. induction G as [|m g d G IH D|m g d G IH D]; simpl.
  - rewrite Rmult_1_r. exact F.
  - rewrite <- Rmult_assoc. apply times; assumption.
  - replace (f * (g / (1 + d))) with (f * g / (1 + d)) by (unfold Rdiv; ring). apply over; assumption.
Qed.

Lemma factor_inverse (n : nat) (f : R) : factor u n f -> factor u n (/ f).
Proof.
  intros F. induction F as [|n f d F IH D|n f d F IH D].
  - rewrite Rinv_1. apply no_rounding.
  - pose proof (factor_positive n f F). apply Rabs_le_inv in D as B.
    replace (/ (f * (1 + d))) with (/ f / (1 + d)) by (field; lra). apply over; assumption.
  - pose proof (factor_positive n f F). apply Rabs_le_inv in D as B.
    replace (/ (f / (1 + d))) with (/ f * (1 + d)) by (field; lra). apply times; assumption.
Qed.

Lemma factor_root (n : nat) (f : R) : factor u n f -> factor u n (sqrt f).
Proof.
  assert (B : forall d, Rabs d <= u -> Rabs (sqrt (1 + d) - 1) <= u).
  { intros d D. apply Rabs_le_inv in D as I.
    assert (S : 0 <= sqrt (1 + d)) by apply sqrt_pos.
    assert (Q : sqrt (1 + d) * sqrt (1 + d) = 1 + d) by (apply sqrt_sqrt; lra).
    apply Rabs_le. split; nra. }
  intros F. induction F as [|n f d F IH D|n f d F IH D].
  - rewrite sqrt_1. apply no_rounding.
  - pose proof (factor_positive n f F). apply Rabs_le_inv in D as I. rewrite sqrt_mult by lra.
    replace (sqrt (1 + d)) with (1 + (sqrt (1 + d) - 1)) by ring. apply times; [exact IH | apply B; exact D].
  - pose proof (factor_positive n f F). apply Rabs_le_inv in D as I. rewrite sqrt_div by lra.
    replace (sqrt (1 + d)) with (1 + (sqrt (1 + d) - 1)) by ring. apply over; [exact IH | apply B; exact D].
Qed.

Lemma factor_more (n m : nat) (f : R) : (n <= m)%nat -> factor u n f -> factor u m f.
Proof.
  intros L F. induction L as [|m _ IH]; [exact F|]. replace f with (f * (1 + 0)) by ring.
  apply times; [exact IH | rewrite Rabs_R0; exact u_positive].
Qed.

Definition approximates (n : nat) (z Z : R) := exists f, factor u n f /\ Z = z * f.

Lemma exactly (z : R) : approximates 0 z z.
Proof. exists 1. split; [apply no_rounding | ring]. Qed.

Lemma rounded_once (n : nat) (z X Z : R) : approximates n z X -> rounds u 0 X Z -> approximates (S n) z Z.
Proof.
  intros (f & F & E) (d & h & D & H & _ & Q). exists (f * (1 + d)). split; [apply times; assumption|].
  assert (h = 0) by (apply Rabs_le_inv in H; lra). rewrite Q, E. subst h. ring.
Qed.

(* A formula without sums: n roundings in all. *)
Definition approached (n : nat) (z : R) (a : formula) := forall Z, evaluates u a Z -> approximates n z Z.

Lemma number_approached (x : R) : approached 0 x (Number x).
Proof. intros Z H. inversion H. apply exactly. Qed.

Lemma number_is (x X : R) : evaluates u (Number x) X -> X = x.
Proof. intros H. inversion H. reflexivity. Qed.

Lemma product_approached (n m : nat) (x y : R) (a b : formula) :
  approached n x a -> approached m y b -> approached (S (m + n)) (x * y) (Product a b).
Proof.
  intros A B Z H. inversion H as [| a' b' X Y Z' HX HY R | | |]. subst.
  destruct (A X HX) as (f & F & EX), (B Y HY) as (g & G & EY). apply rounded_once with (X * Y); [|exact R].
  exists (f * g). split; [apply factor_product; assumption|]. rewrite EX, EY. ring.
Qed.

Lemma quotient_approached (n m : nat) (x y : R) (a b : formula) :
  y <> 0 -> approached n x a -> approached m y b -> approached (S (m + n)) (x / y) (Quotient a b).
Proof.
  intros N A B Z H. inversion H as [| | a' b' X Y Z' HX HY R | |]. subst.
  destruct (A X HX) as (f & F & EX), (B Y HY) as (g & G & EY). apply rounded_once with (X / Y); [|exact R].
  exists (f * / g). split; [apply factor_product; [exact F | apply factor_inverse; exact G]|].
  pose proof (factor_positive m g G). rewrite EX, EY. field. lra.
Qed.

Lemma root_approached (n : nat) (x : R) (a : formula) :
  0 <= x -> approached n x a -> approached (S n) (sqrt x) (Root a).
Proof.
  intros P A Z H. inversion H as [| | | a' X Z' HX R |]. subst.
  destruct (A X HX) as (f & F & EX). apply rounded_once with (sqrt X); [|exact R].
  exists (sqrt f). split; [apply factor_root; exact F|].
  pose proof (factor_positive n f F). rewrite EX. apply sqrt_mult; lra.
Qed.

Lemma total_of_approached (n m : nat) (x y : R) (a b : formula) (Z : R) :
  approached n x a -> approached m y b -> evaluates u (Total a b) Z ->
  exists f g, factor u (S n) f /\ factor u (S m) g /\ Z = x * f + y * g.
Proof.
  intros A B H. inversion H as [| | | | a' b' X Y Z' HX HY R]. subst.
  destruct (A X HX) as (f & F & EX), (B Y HY) as (g & G & EY), R as (d & h & D & Hh & _ & Q).
  exists (f * (1 + d)), (g * (1 + d)). repeat split; try (apply times; assumption).
  assert (h = 0) by (apply Rabs_le_inv in Hh; lra). rewrite Q, EX, EY. subst h. ring.
Qed.

Lemma factor_split (n m : nat) (f : R) :
  factor u (n + m) f -> exists g h, factor u n g /\ factor u m h /\ f = g * h.
Proof.
  revert f. induction n as [|n IH]; intros f F; simpl in F.
  - exists 1, f. repeat split; [apply no_rounding | exact F | ring].
  - inversion F as [|n' f' d F' D | n' f' d F' D]; subst; destruct (IH f' F') as (g & h & G & H & Q).
    + exists (g * (1 + d)), h. repeat split; [apply times; assumption | exact H | rewrite Q; ring].
    + exists (g / (1 + d)), h. repeat split; [apply over; assumption | exact H | rewrite Q; unfold Rdiv; ring].
Qed.

(* --- every order ----------------------------------------------------------------------------- *)

Variables k LR M V C1 C2 E : R.
Hypothesis budget : rounding u <= k.
Hypothesis LR_positive : 0 < LR.
Hypothesis V_positive : 0 <= V.
Hypothesis C1_positive : 0 < C1.
Hypothesis C2_positive : 0 < C2.
Hypothesis E_positive : 0 < E.

Lemma four (f : R) : factor u 4 f -> Rabs (f - 1) <= k.
Proof.
  intros F. eapply Rle_trans; [|exact budget]. rewrite rounding_is_gamma. apply factor_bound; [exact u_positive | simpl; lra | exact F].
Qed.

Lemma near_factor (z f : R) : factor u 4 f -> near k 0 (Rabs z) z (z * f).
Proof.
  intros F. unfold near. replace (z * f - z) with ((f - 1) * z) by ring. rewrite Rabs_mult, Rplus_0_r.
  apply Rmult_le_compat_r; [apply Rabs_pos | apply four; exact F].
Qed.

(* The numbers of an order, with at most four roundings for each operation of the definition. *)
Lemma as_ordered (fn fq fs fv ft fe Z : R) :
  factor u 4 fn -> factor u 4 fq -> factor u 4 fs -> factor u 4 fv -> factor u 4 ft -> factor u 4 fe ->
  Z = LR * (M / C1) * fn / (sqrt (V / C2 * fv) * fs * ft + E * fe) * fq ->
  in_order k 0 0 0 0 0 0 LR M V C1 C2 E Z.
Proof.
  intros Fn Fq Fs Fv Ft Fe Q. pose proof (factor_positive _ _ Fv). pose proof (factor_positive _ _ Fs).
  assert (K : 0 <= k) by (pose proof (four 1 (factor_more 0 4 1 ltac:(auto with arith) (no_rounding u)));
                          pose proof (Rabs_pos (1 - 1)); lra).
  assert (P : 0 <= V / C2) by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra]).
  exists (M / C1), (V / C2 * fv), (sqrt (V / C2 * fv) * fs),
    (sqrt (V / C2 * fv) * fs * ft + E * fe), (LR * (M / C1) * fn).
  repeat split.
  - unfold near. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. pose proof (Rabs_pos (M / C1)). nra.
  - apply near_factor. exact Fv.
  - apply Rmult_le_pos; lra.
  - pose proof (near_factor (sqrt (V / C2 * fv)) fs Fs) as H1. rewrite (Rabs_pos_eq (sqrt _)) in H1 by apply sqrt_pos.
    exact H1.
  - set (s := sqrt (V / C2 * fv) * fs). unfold near.
    replace (s * ft + E * fe - (s + E)) with ((ft - 1) * s + (fe - 1) * E) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, Rplus_0_r, Rmult_plus_distr_l.
    apply Rplus_le_compat; (apply Rmult_le_compat_r; [apply Rabs_pos | apply four; assumption]).
  - apply near_factor. exact Fn.
  - rewrite Q. apply near_factor. exact Fq.
Qed.

Lemma v_hat_positive : 0 <= V / C2.
Proof. apply Rmult_le_pos; [exact V_positive | left; apply Rinv_0_lt_compat; exact C2_positive]. Qed.

Lemma root_positive : 0 < sqrt C2.
Proof. apply sqrt_lt_R0. exact C2_positive. Qed.

Lemma root_of_quotient : sqrt V / sqrt C2 = sqrt (V / C2).
Proof. symmetry. apply sqrt_div; [exact V_positive | exact C2_positive]. Qed.

Lemma no_factor (n : nat) : factor u n 1.
Proof. apply factor_more with 0%nat; [lia | apply no_rounding]. Qed.

Ltac approach :=
  repeat first [apply number_approached | apply product_approached | apply root_approached
               | apply quotient_approached];
  pose proof root_positive; pose proof v_hat_positive; try lra.

(* The root in any form, with up to five roundings, and the sum with eps. *)
Lemma denominator_in_any_form (d : denominator_form) (D : R) :
  evaluates u (denominator_formula d V C2 E) D ->
  exists fs ft fe, factor u 4 fs /\ factor u 4 ft /\ factor u 4 fe
                   /\ D = sqrt (V / C2 * 1) * fs * ft + E * fe /\ 0 < D.
Proof.
  intros H.
  assert (A : exists n a, (n <= 4)%nat /\ approached n (sqrt (V / C2)) a
                          /\ denominator_formula d V C2 E = Total a (Number E)).
  { destruct d; simpl; eexists; eexists; (split; [|split; [|reflexivity]]).
    - instantiate (1 := 2%nat). lia.
    - change 2%nat with (S (S (0 + 0))). approach.
    - instantiate (1 := 3%nat). lia.
    - rewrite <- root_of_quotient. change 3%nat with (S (1 + 1)). approach.
    - instantiate (1 := 4%nat). lia.
    - replace (sqrt (V / C2)) with (sqrt V * (1 / sqrt C2))
        by (rewrite <- root_of_quotient; pose proof root_positive; field; lra).
      change 4%nat with (S (S (1 + 0) + 1)). approach. }
  destruct A as (n & a & L & A & Q). rewrite Q in H.
  inversion H as [| | | | a' b X Y Z HX HY R]. subst. apply number_is in HY. subst Y.
  destruct (A X HX) as (f & F & EX), R as (x & h & Dx & Hh & _ & ED).
  assert (h = 0) by (apply Rabs_le_inv in Hh; lra). subst h. apply Rabs_le_inv in Dx as I.
  pose proof (factor_positive n f F). pose proof (sqrt_pos (V / C2)).
  exists f, (1 * (1 + x)), (1 * (1 + x)). rewrite Rmult_1_r. repeat split.
  - apply factor_more with n; assumption.
  - apply factor_more with 1%nat; [lia | apply times; [apply no_rounding | exact Dx]].
  - apply factor_more with 1%nat; [lia | apply times; [apply no_rounding | exact Dx]].
  - rewrite ED, EX. ring.
  - rewrite ED, EX, Rplus_0_r. apply Rmult_lt_0_compat; [|lra].
    assert (0 <= sqrt (V / C2) * f) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma once (X Z : R) : rounds u 0 X Z -> exists f, factor u 1 f /\ Z = X * f.
Proof.
  intros (d & h & D & H & _ & Q). exists (1 * (1 + d)). split; [apply times; [apply no_rounding | exact D]|].
  assert (h = 0) by (apply Rabs_le_inv in H; lra). rewrite Q. subst h. ring.
Qed.

Lemma numerator_over_denominator (n : nat) (a : formula) (d : denominator_form) (Z : R) :
  (n <= 4)%nat -> approached n (LR * (M / C1)) a -> evaluates u (Quotient a (denominator_formula d V C2 E)) Z ->
  in_order k 0 0 0 0 0 0 LR M V C1 C2 E Z.
Proof.
  intros L A H. inversion H as [| | a' b X Y Z' HX HY R | |]. subst.
  destruct (A X HX) as (f & F & EX). destruct (denominator_in_any_form d Y HY) as (fs & ft & fe & Fs & Ft & Fe & EY & _).
  destruct (once _ _ R) as (g & G & EZ).
  apply as_ordered with f g fs 1 ft fe; try assumption; try apply no_factor.
  - apply factor_more with n; assumption.
  - apply factor_more with 1%nat; [lia | exact G].
  - rewrite EZ, EX, EY. reflexivity.
Qed.

Theorem every_order_of_the_update (f : update_form) (Z : R) :
  evaluates u (update_formula f LR M V C1 C2 E) Z -> in_order k 0 0 0 0 0 0 LR M V C1 C2 E Z.
Proof.
  destruct f as [d | d | d | d | d | |]; simpl; intros H.
  - revert H. apply numerator_over_denominator with 2%nat; [lia|]. change 2%nat with (S (S (0 + 0) + 0)). approach.
  - revert H. apply numerator_over_denominator with 3%nat; [lia|].
    replace (LR * (M / C1)) with (LR * (M * (1 / C1))) by (field; lra).
    change 3%nat with (S (S (S (0 + 0) + 0) + 0)). approach.
  - inversion H as [| a b X Y Z' HX HY R | | |]. subst.
    inversion HY as [| | a b X' D Y' HX' HD R' | |]. subst. apply number_is in HX.
    assert (A : approached 1 (M / C1) (Quotient (Number M) (Number C1)))
      by (change 1%nat with (S (0 + 0)); approach).
    destruct (A X' HX') as (f & F & EX'). destruct (denominator_in_any_form d D HD) as (fs & ft & fe & Fs & Ft & Fe & ED & _).
    destruct (once _ _ R) as (g & G & EZ). destruct (once _ _ R') as (g' & G' & EY).
    apply as_ordered with f (g' * g) fs 1 ft fe; try assumption; try apply no_factor.
    + apply factor_more with 1%nat; [lia | exact F].
    + apply factor_more with (1 + 1)%nat; [lia | apply factor_product; assumption].
    + rewrite EZ, HX, EY, EX', ED. unfold Rdiv. ring.
  - inversion H as [| a b X Y Z' HX HY R | | |]. subst.
    inversion HY as [| | a b X' D Y' HX' HD R' | |]. subst. apply number_is in HX'.
    assert (A : approached 1 (LR / C1) (Quotient (Number LR) (Number C1)))
      by (change 1%nat with (S (0 + 0)); approach).
    destruct (A X HX) as (f & F & EX). destruct (denominator_in_any_form d D HD) as (fs & ft & fe & Fs & Ft & Fe & ED & _).
    destruct (once _ _ R) as (g & G & EZ). destruct (once _ _ R') as (g' & G' & EY).
    apply as_ordered with f (g' * g) fs 1 ft fe; try assumption; try apply no_factor.
    + apply factor_more with 1%nat; [lia | exact F].
    + apply factor_more with (1 + 1)%nat; [lia | apply factor_product; assumption].
    + rewrite EZ, EY, EX, HX', ED. unfold Rdiv. ring.
  - revert H. apply numerator_over_denominator with 2%nat; [lia|].
    replace (LR * (M / C1)) with (LR / C1 * M) by (field; lra).
    change 2%nat with (S (0 + S (0 + 0))). approach.
  - inversion H as [| | a b X D Z' HX HD R | |]. subst. apply number_is in HX.
    assert (P : LR / C1 <> 0) by (apply Rgt_not_eq, Rdiv_lt_0_compat; assumption).
    pose proof root_positive as S2.
    assert (A : approached 5 (sqrt V / (sqrt C2 * (LR / C1)))
                  (Quotient (Root (Number V)) (Product (Root (Number C2)) (Quotient (Number LR) (Number C1))))).
    { change 5%nat with (S (S (S (0 + 0) + 1) + 1)).
      apply quotient_approached; [apply Rmult_integral_contrapositive_currified; lra | approach | approach]. }
    assert (B : approached 2 (E / (LR / C1)) (Quotient (Number E) (Quotient (Number LR) (Number C1)))).
    { change 2%nat with (S (S (0 + 0) + 0)). apply quotient_approached; [exact P | approach | approach]. }
    destruct (total_of_approached _ _ _ _ _ _ _ A B HD) as (fa & fb & Fa & Fb & ED).
    destruct (factor_split 3 3 fa Fa) as (fs & ft & Fs & Ft & Q). destruct (once _ _ R) as (g & G & EZ).
    apply as_ordered with 1 g fs 1 ft fb; try apply no_factor.
    + apply factor_more with 1%nat; [lia | exact G].
    + apply factor_more with 3%nat; [lia | exact Fs].
    + apply factor_more with 3%nat; [lia | exact Ft].
    + apply factor_more with 3%nat; [lia | exact Fb].
    + rewrite EZ, HX, ED, Q, !Rmult_1_r, <- root_of_quotient.
      pose proof (factor_positive _ _ Fs). pose proof (factor_positive _ _ Ft). pose proof (factor_positive _ _ Fb).
      pose proof (sqrt_pos V). assert (T : 0 < sqrt V / sqrt C2 * fs * ft + E * fb).
      { assert (0 <= sqrt V / sqrt C2) by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra]).
        assert (0 <= sqrt V / sqrt C2 * fs) by (apply Rmult_le_pos; lra).
        assert (0 <= sqrt V / sqrt C2 * fs * ft) by (apply Rmult_le_pos; lra).
        assert (0 < E * fb) by (apply Rmult_lt_0_compat; lra). lra. }
      replace (sqrt V / (sqrt C2 * (LR / C1)) * (fs * ft) + E / (LR / C1) * fb)
        with ((sqrt V / sqrt C2 * fs * ft + E * fb) / (LR / C1)) by (field; lra).
      set (y := sqrt V / sqrt C2 * fs * ft + E * fb) in *. field. lra.
  - inversion H as [| | a b X D Z' HX HD R | |]. subst. pose proof root_positive as S2.
    assert (A : approached 4 (LR * sqrt C2 / C1 * M)
                  (Product (Quotient (Product (Number LR) (Root (Number C2))) (Number C1)) (Number M))).
    { change 4%nat with (S (0 + S (0 + S (1 + 0)))). approach. }
    assert (B : approached 1 (sqrt V) (Root (Number V))) by approach.
    assert (C : approached 2 (E * sqrt C2) (Product (Number E) (Root (Number C2)))).
    { change 2%nat with (S (1 + 0)). approach. }
    destruct (A X HX) as (f & F & EX). destruct (total_of_approached _ _ _ _ _ _ _ B C HD) as (fa & fb & Fa & Fb & ED).
    destruct (once _ _ R) as (g & G & EZ).
    apply as_ordered with f g fa 1 1 fb; try apply no_factor; try assumption.
    + apply factor_more with 1%nat; [lia | exact G].
    + apply factor_more with 2%nat; [lia | exact Fa].
    + apply factor_more with 3%nat; [lia | exact Fb].
    + rewrite EZ, EX, ED, !Rmult_1_r, <- root_of_quotient.
      pose proof (factor_positive _ _ Fa). pose proof (factor_positive _ _ Fb).
      pose proof (sqrt_pos V). assert (T : 0 < sqrt V / sqrt C2 * fa + E * fb).
      { assert (0 <= sqrt V / sqrt C2) by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra]).
        assert (0 <= sqrt V / sqrt C2 * fa) by (apply Rmult_le_pos; lra).
        assert (0 < E * fb) by (apply Rmult_lt_0_compat; lra). lra. }
      replace (sqrt V * fa + E * sqrt C2 * fb) with (sqrt C2 * (sqrt V / sqrt C2 * fa + E * fb)) by (field; lra).
      set (y := sqrt V / sqrt C2 * fa + E * fb) in *. field. lra.
Qed.

End Factors.
